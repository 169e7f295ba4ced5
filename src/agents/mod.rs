//! The kinds of agents that come with the server.
