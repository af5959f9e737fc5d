from driftmeter.view.terminal import MAX_WIDTH, on_stderr, on_stdout


def test_without_a_terminal_lines_are_wide_enough_for_a_table(capsys):
    """80 columns would break every row of a file."""
    assert on_stdout().width == on_stderr().width == MAX_WIDTH


def test_results_and_company_go_to_different_streams(capsys):
    """`--json` keeps stdout for the machine."""
    on_stdout().print("result")
    on_stderr().print("company")

    assert capsys.readouterr() == ("result\n", "company\n")
