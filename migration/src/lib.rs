//! The changes of the schema, one a file, never edited once landed.
