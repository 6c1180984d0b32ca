//! The counter: the only public handle.
