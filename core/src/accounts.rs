//! Several accounts in separate encrypted databases.
