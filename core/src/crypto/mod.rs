//! Keys and primitives, pure; the only room that names cipher crates.
