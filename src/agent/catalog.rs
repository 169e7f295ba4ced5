//! The agents that are plugged in, and what may be asked of each at this moment.
