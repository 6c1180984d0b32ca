//! Starts Onionskin.
fn main() {}
