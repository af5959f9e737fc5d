import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.capture.names import DENIED_BY_DEFAULT, Denied

denied = Denied(DENIED_BY_DEFAULT)

HIDDEN = [
    "password", "Password", "PASSWORD", "password1", "userPassword", "user_password", "db-password-2", "mypasswords",
    "pass_word", "passwordHash", "USERPASSWORD", "passwd", "pwd", "user.passwd", "passphrase",
    "token", "session_token", "sessionToken", "accesstoken", "access-token", "tokenValue", "token_2", "TOKEN", "toKEN",
    "refresh_tokens", "auth_tokens", "user token", "secret", "secrets", "clientSecret", "client_secret", "mysecret",
    "authorization", "Authorization", "HTTP_AUTHORIZATION", "bearer", "api_key", "apiKey", "api-key", "APIKey",
    "X-API-Key", "apikey", "my_apikey", "access_key", "accessKeyId", "private_key", "privateKey", "PRIVATE-KEY",
    "encryption_key", "cookie", "cookies", "Set-Cookie", "sessionid", "session_id", "sessionId", "JSESSIONID",
    "credential", "credentials", "aws_credentials", "userCredential", "ssn", "SSN", "user_ssn", "ssn4",
    "social_security_number", "iban", "IBAN", "customerIban", "credit_card", "creditCard", "creditcardnumber",
    "card_number", "cardNumber", "cvv", "cvc", "cvv2", "\uff50\uff41ssword", "\uff33SN",
]  # fmt: skip
SHOWN = [
    "n_tokens", "num_tokens", "tokens", "prompt_tokens", "outputTokens", "max_tokens", "tokenizer", "tokenized_length",
    "secretary", "secretion_rate", "session_length", "sessions_per_day", "possession", "obsession", "session",
    "card", "card_type", "n_cards", "discard", "number", "key", "keyboard", "api", "api_version", "access", "private",
    "author", "authority", "authorized", "class_n", "loss_n", "credit", "credit_score", "credit_limit", "passenger",
    "passengers", "pass", "compass", "distance", "age", "hub", "carrier", "pin", "spin", "cook", "cookbook",
    "number_of_cards", "word", "urban", "0", "", "_", "größe",
]  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_secrets_are_hidden_however_they_are_written(name):
    """In snake, camel, kebab or no case at all, numbered or not."""
    assert denied(name)


@pytest.mark.parametrize("name", SHOWN)
def test_features_are_not_hidden(name):
    """Words that only look like it, counts of tokens, lengths of sessions."""
    assert not denied(name)


def test_words_of_ones_own():
    """In any script, of several words, in any of the ways to write them."""
    own = Denied(["秘密", "Date of-birth", "größe"])
    assert all(map(own, ["秘密", "user秘密", "dateOfBirth", "date_of_birth_2", "dateofbirth", "GRÖSSE", "max_größe"]))
    assert not any(map(own, ["date", "birth", "of"]))


def test_no_words_deny_nothing():
    """Nor do words without letters."""
    assert not Denied([])("password")
    assert not Denied(["", "_", "1"])("password1")


words = st.sampled_from(["token", "api_key", "password", "ssn"])
fillers = st.text(st.characters(categories=["Ll"], max_codepoint=127), min_size=1, max_size=8)


@given(fillers, words, fillers, st.sampled_from(["_", "-", ".", " ", "__", "/"]))
def test_a_whole_word_is_found_wherever_it_stands(before, word, after, by):
    """Between any others, whatever separates them."""
    assert denied(by.join([before, word.replace("_", by), after]))
    assert denied(before + word.title().replace("_", "") + after.title())


@given(st.text(max_size=300))
def test_any_name_has_an_answer(name):
    """And the same one in other letters of the same text."""
    assert denied(name) == denied(f"_{name}_")
