//! Byte layouts, pure.
