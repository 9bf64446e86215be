//! Finds the corpus and reads its truth tables.
