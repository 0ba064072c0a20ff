//! `hailong`: one binary, the server and every command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hailong::cli::main()
}
