//! Each fault does what it says, seen from both ends.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use super::{End, Proxy, Way, Weather};

/// Long enough for bytes that are on their way to be seen where none may come.
const MOMENT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(30);
const SENT: &[u8] = b"0123456789";

/// A proxy before a server that echoes and tells, for each connection, all that it was sent.
fn echo() -> (Proxy, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::before(&format!("tcp://{}/", listener.local_addr().unwrap())).unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            thread::spawn(move || {
                let (mut all, mut bytes) = (Vec::new(), [0; 1024]);
                while let Ok(count @ 1..) = socket.read(&mut bytes) {
                    all.extend_from_slice(&bytes[..count]);
                    if socket.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                tell.send(all).ok();
            });
        }
    });
    (proxy, told)
}

fn send(proxy: &Proxy) -> TcpStream {
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    // One that was turned away may be told so already.
    client.write_all(SENT).ok();
    client
}

/// What comes of so many bytes, and how it ended before there were as many, where it did.
fn read(client: &mut TcpStream, wanted: usize, time: Duration) -> (Vec<u8>, Option<ErrorKind>) {
    client.set_read_timeout(Some(time)).unwrap();
    let (mut got, mut bytes) = (Vec::new(), [0; 1024]);
    while got.len() < wanted {
        match client.read(&mut bytes) {
            Ok(0) => return (got, Some(ErrorKind::UnexpectedEof)),
            Ok(count) => got.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return (got, Some(error.kind())),
        }
    }
    (got, None)
}

#[test]
fn each_weather_does_what_it_says() {
    let echoed = |weather, time| {
        let (proxy, _told) = echo();
        proxy.turn(weather);
        read(&mut send(&proxy), SENT.len(), time)
    };
    for whole in [Weather::Clear, Weather::OneByte, Weather::Latency(Duration::from_millis(5))] {
        assert_eq!(echoed(whole, PATIENCE), (SENT.to_vec(), None), "{whole:?}");
    }
    assert_eq!(echoed(Weather::Blackhole, MOMENT), (Vec::new(), None));
    assert_eq!(echoed(Weather::Reset, PATIENCE), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    for cut in [Weather::CutAfter(0), Weather::Gone, Weather::HalfClose] {
        let (got, end) = echoed(cut, PATIENCE);
        assert!(got.is_empty() && end.is_some(), "{cut:?}: {got:?} {end:?}");
    }
}

#[test]
fn a_black_hole_gives_nothing_back_and_closes_when_it_is_over() {
    let (proxy, told) = echo();
    proxy.turn(Weather::Blackhole);
    let mut client = send(&proxy);
    assert_eq!(read(&mut client, 1, MOMENT), (Vec::new(), None));
    proxy.turn(Weather::Clear);
    let (got, end) = read(&mut client, 1, PATIENCE);
    assert!(got.is_empty() && end.is_some(), "{got:?}");
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), b"");
}

#[test]
fn of_what_is_sent_after_the_byte_of_a_cut_nothing_gets_through() {
    for bytes in 0..SENT.len() {
        let (proxy, told) = echo();
        proxy.end_after(Way::ToServer, bytes, End::Cut);
        let mut client = send(&proxy);
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), &SENT[..bytes]);
        assert!(proxy.disarm(), "{bytes}");
        assert!(read(&mut client, SENT.len(), PATIENCE).1.is_some(), "{bytes}");

        proxy.end_after(Way::ToClient, bytes, End::Cut);
        let (got, end) = read(&mut send(&proxy), SENT.len(), PATIENCE);
        assert!(got == SENT[..bytes] && end.is_some(), "{bytes}: {got:?} {end:?}");

        proxy.turn(Weather::CutAfter(bytes));
        send(&proxy);
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), SENT, "{bytes}: the one before came whole");
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), &SENT[..bytes]);
    }
}

#[test]
fn what_silence_held_back_comes_late_and_whole() {
    let (proxy, _told) = echo();
    proxy.end_after(Way::ToClient, 4, End::Silence);
    let mut client = send(&proxy);
    assert_eq!(read(&mut client, SENT.len(), MOMENT), (SENT[..4].to_vec(), None));
    let (got, end) = read(&mut send(&proxy), SENT.len(), PATIENCE);
    assert_eq!((got.as_slice(), end), (SENT, None), "a connection that came later is not silent");
    proxy.speak();
    assert_eq!(read(&mut client, SENT.len() - 4, PATIENCE), (SENT[4..].to_vec(), None));
}

#[test]
fn one_that_went_away_refuses_and_one_that_came_back_serves() {
    let (proxy, _told) = echo();
    let mut open = send(&proxy);
    assert_eq!(read(&mut open, SENT.len(), PATIENCE).0, SENT);
    proxy.go_away();
    assert!(read(&mut open, 1, PATIENCE).1.is_some());
    assert_eq!(TcpStream::connect(proxy.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    proxy.come_back();
    assert_eq!(read(&mut send(&proxy), SENT.len(), PATIENCE).0, SENT);
}

#[test]
fn the_end_of_one_side_is_passed_on_and_the_other_way_stays_open() {
    let (proxy, told) = echo();
    let mut client = send(&proxy);
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let (got, end) = read(&mut client, usize::MAX, PATIENCE);
    assert_eq!((got.as_slice(), end), (SENT, Some(ErrorKind::UnexpectedEof)));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), SENT);
}

#[test]
fn nothing_is_open_after_it_was_dropped() {
    let (proxy, told) = echo();
    let address = proxy.address();
    proxy.turn(Weather::Blackhole);
    let mut client = send(&proxy);
    assert_eq!(read(&mut client, 1, MOMENT), (Vec::new(), None));
    drop(proxy);
    assert!(read(&mut client, 1, PATIENCE).1.is_some());
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), b"");
    // The listener ends with the connection that wakes it.
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
}
