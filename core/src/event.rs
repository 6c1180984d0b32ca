//! What the screen hears: settled rows, after the commit.
