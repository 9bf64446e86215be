//! Builds `.etl` files for tests and the bundled sample.
