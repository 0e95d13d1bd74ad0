//! Each kind of node on tiny tables.
