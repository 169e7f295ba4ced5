//! Reads the config once, says everything that is wrong with it, and hands out typed sections by value.
