//! The interface of Onionskin.
