//! Small inputs that went wrong once, file by file, and what is right.

mod import;
