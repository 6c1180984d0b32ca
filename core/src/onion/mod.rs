//! Onion requests: nodes, paths, layers.
