"""Watch levels: rules, what a new epoch changes, and what is remembered."""
