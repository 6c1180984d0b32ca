//! One file per kind of message, both halves: compose and apply.
