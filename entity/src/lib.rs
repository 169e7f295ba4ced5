//! The tables, one a file.
