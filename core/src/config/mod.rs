//! Config messages: the account's memory, which all its devices merge, pure.
//!
//! | question | file |
//! |---|---|
//! | what a document is made of | [`tree`]: integers, byte strings, sets, dicts |

pub mod tree;

pub use tree::{Dict, Scalar, Set, Value};
