//! A model server for tests: OpenAI-compatible, scripted, with faults.
