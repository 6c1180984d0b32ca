//! The ledger: encrypted SQLite, schema, typed queries.
