//! Reads any text as a frame of the agent's socket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tanba_agent::protocol::Frame;

fuzz_target!(|text: &str| {
    if let Frame::Request(request) = Frame::read(text) {
        let _ = request.module();
        let _ = request.method();
        let _ = request.positional();
        let _ = request.named();
    }
});
