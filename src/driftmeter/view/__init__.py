"""Drawing in the terminal: small parts that give rich renderables, and views made of them."""
