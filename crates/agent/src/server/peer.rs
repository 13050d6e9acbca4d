//! Whose program is at the other end of a loopback connection.

use std::net::{IpAddr, SocketAddr};

/// Whether the program at the other end runs as the same user as this one; `None` where the system does not tell.
///
/// Linux lists each end of a connection with its owner in `/proc/net/tcp`. What is not listed is refused: an end that is
/// connected to us and belongs to us is there.
#[cfg(target_os = "linux")]
pub(super) fn is_same_user(peer: SocketAddr, own: SocketAddr) -> Option<bool> {
    use std::os::unix::fs::MetadataExt as _;

    // The owner of a process's folder is its effective user.
    let user = std::fs::metadata("/proc/self").ok()?.uid();
    let table = table(own)?;
    let end = end(&table, &table_address(peer), &table_address(own));
    Some(end.is_some_and(|end| end.owner == Some(user)))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_same_user(_: SocketAddr, _: SocketAddr) -> Option<bool> {
    None
}

/// Whether the program at the other end closed its end, also behind octets that nobody reads: those keep the news back.
/// Only Linux tells.
#[cfg(target_os = "linux")]
pub(super) fn has_left(peer: SocketAddr, own: SocketAddr) -> bool {
    table(own).is_some_and(|table| {
        let end = end(&table, &table_address(peer), &table_address(own));
        end.is_none_or(|end| end.state != ESTABLISHED)
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn has_left(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

/// The kernel's table of the connections of this kind of address.
#[cfg(target_os = "linux")]
fn table(own: SocketAddr) -> Option<String> {
    let table = match own.ip() {
        IpAddr::V4(_) => "/proc/net/tcp",
        IpAddr::V6(_) => "/proc/net/tcp6",
    };
    std::fs::read_to_string(table).ok()
}

/// The state of a connection of which neither end was closed.
#[cfg(any(target_os = "linux", test))]
const ESTABLISHED: &str = "01";

/// One end of a connection.
#[cfg(any(target_os = "linux", test))]
#[derive(Debug, PartialEq, Eq)]
struct End<'a> {
    state: &'a str,
    owner: Option<u32>,
}

/// The end at the local address of the connection between these two in a table of the kernel.
///
/// Columns: number, local address, remote address, state, queues, timers, retransmissions, user.
#[cfg(any(target_os = "linux", test))]
fn end<'a>(table: &'a str, local: &str, remote: &str) -> Option<End<'a>> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let found = columns.next()? == local && columns.next()? == remote;
        let state = columns.next()?;
        let owner = columns.nth(3)?.parse().ok();
        found.then_some(End { state, owner })
    })
}

/// An address as the kernel's table has it: words of 32 bits in the machine's order, then the port.
#[cfg(any(target_os = "linux", test))]
fn table_address(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let words: String = octets
        .chunks_exact(4)
        .filter_map(|word| <[u8; 4]>::try_from(word).ok())
        .map(|word| format!("{:08X}", u32::from_ne_bytes(word)))
        .collect();
    format!("{words}:{:04X}", address.port())
}

#[cfg(test)]
mod tests {
    use super::{End, end, table_address};

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:350B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:350B 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 0 10 -1
   2: 0100007F:350B 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 0 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_other_end_is_found_and_not_our_own() {
        let own = table_address("127.0.0.1:13579".parse().unwrap());
        let peer = table_address("127.0.0.1:40000".parse().unwrap());
        assert_eq!(own, "0100007F:350B");
        let found = |owner| {
            Some(End {
                state: "01",
                owner: Some(owner),
            })
        };
        assert_eq!(end(TABLE, &peer, &own), found(1001));
        assert_eq!(end(TABLE, &own, &peer), found(1000));
        assert_eq!(end(TABLE, &peer, "0100007F:0001"), None);
        assert_eq!(end("broken\nlines: a", &peer, &own), None);
        assert_eq!(
            table_address("[::1]:13579".parse().unwrap()),
            "00000000000000000000000001000000:350B"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_the_same_user() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(own).unwrap();
        assert_eq!(
            super::is_same_user(client.local_addr().unwrap(), own),
            Some(true)
        );
        // It closes behind octets that are not read.
        let (unread, _) = listener.accept().unwrap();
        let peer = client.local_addr().unwrap();
        assert!(!super::has_left(peer, own));
        client.set_nonblocking(true).unwrap();
        while std::io::Write::write(&mut &client, &[0; 65536]).is_ok() {}
        drop(client);
        assert!(super::has_left(peer, own));
        drop(unread);
        let stranger = "127.0.0.1:1".parse().unwrap();
        assert_eq!(super::is_same_user(stranger, own), Some(false));
    }
}
