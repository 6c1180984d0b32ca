//! Storage requests to an account's swarm.
