//! How sealed things leave and arrive.
