//! A small server of static files for `serve` and the end-to-end tests. It answers GET and HEAD
//! on the loopback interface, and sends the headers that a careful host would send.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::{Result, sha256};

/// A request line or header longer than this is not a browser's.
const MAX_LINE_BYTES: u64 = 16 << 10;
/// More headers than any browser sends.
const MAX_HEADERS: usize = 200;
/// An idle connection is closed after this.
const IDLE: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves a folder; port 0 takes a free one.
    pub fn start(folder: PathBuf, port: u16) -> Result<Self> {
        let listener = listen(port)?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        let site = Arc::new(Site { policy: policy(&folder)?, folder });
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let site = Arc::clone(&site);
                // A connection that breaks is the browser's business, not a reason to stop.
                std::thread::spawn(move || site.converse(&stream));
            }
        });
        Ok(Self { address, accepting })
    }

    /// Where to point a browser.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process ends.
    pub fn wait(self) {
        // The thread ends only by a panic, which it has printed by then.
        let _ = self.accepting.join();
    }
}

/// Says early that a port is taken: before a build of minutes.
pub fn check_port(port: u16) -> Result<()> {
    listen(port).map(drop)
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| {
        format!("Cannot listen on port {port}: {e}. Another one can be named with --port N.")
    })
}

/// The page's own policy, as a header, with what a meta element cannot say.
fn policy(folder: &Path) -> Result<String> {
    let page = fs::read_to_string(folder.join("index.html"))
        .map_err(|e| format!("{}: {e}", folder.join("index.html").display()))?;
    let content = page
        .split_once("http-equiv=\"Content-Security-Policy\"")
        .and_then(|(_, rest)| rest.split_once("content=\""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(content, _)| content)
        .ok_or("index.html states no content security policy")?;
    Ok(format!("{content}; frame-ancestors 'none'"))
}

struct Site {
    folder: PathBuf,
    policy: String,
}

struct Request {
    method: String,
    path: String,
    known_tag: Option<String>,
    keep_alive: bool,
}

struct Response {
    status: &'static str,
    kind: &'static str,
    tag: Option<String>,
    body: Vec<u8>,
}

impl Response {
    fn plain(status: &'static str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", tag: None, body: status.into() }
    }
}

impl Site {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(IDLE))?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader)? {
            let response = self.answer(&request);
            self.write(stream, &request, &response)?;
            if !request.keep_alive {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Response {
        if request.method != "GET" && request.method != "HEAD" {
            return Response::plain("405 Method Not Allowed");
        }
        let Some(path) = local_path(&request.path) else {
            return Response::plain("400 Bad Request");
        };
        let mut file = self.folder.join(path);
        if file.is_dir() {
            file.push("index.html");
        }
        let Ok(body) = fs::read(&file) else { return Response::plain("404 Not Found") };
        let tag = format!("\"{}\"", sha256::hex(&body));
        if request.known_tag.as_ref() == Some(&tag) {
            return Response {
                status: "304 Not Modified",
                kind: kind(&file),
                tag: Some(tag),
                body: Vec::new(),
            };
        }
        Response { status: "200 OK", kind: kind(&file), tag: Some(tag), body }
    }

    fn write(
        &self,
        stream: &TcpStream,
        request: &Request,
        response: &Response,
    ) -> std::io::Result<()> {
        let Response { status, kind, tag, body } = response;
        let mut head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Content-Security-Policy: {}\r\nX-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\nCross-Origin-Opener-Policy: same-origin\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-cache\r\n",
            body.len(),
            self.policy,
        );
        if let Some(tag) = tag {
            head.push_str(&format!("ETag: {tag}\r\n"));
        }
        if request.method != "GET" && request.method != "HEAD" {
            head.push_str("Allow: GET, HEAD\r\n");
        }
        head.push_str(if request.keep_alive {
            "Connection: keep-alive\r\n\r\n"
        } else {
            "Connection: close\r\n\r\n"
        });
        let mut stream = stream;
        stream.write_all(head.as_bytes())?;
        if request.method != "HEAD" {
            stream.write_all(body)?;
        }
        stream.flush()
    }
}

fn read_line(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()))
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<Request>> {
    let Some(first) = read_line(reader)? else { return Ok(None) };
    let mut words = first.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path, version) = (word(), word(), word());
    let mut request = Request { method, path, known_tag: None, keep_alive: version == "HTTP/1.1" };
    for _ in 0..MAX_HEADERS {
        let Some(line) = read_line(reader)? else { break };
        if line.is_empty() {
            // A body is not read, so nothing sensible can follow one on this connection.
            request.keep_alive &= request.method == "GET" || request.method == "HEAD";
            return Ok(Some(request));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("If-None-Match") {
            request.known_tag = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("Connection") && value.eq_ignore_ascii_case("close") {
            request.keep_alive = false;
        }
    }
    Err(std::io::ErrorKind::InvalidData.into())
}

/// The file a request names, relative to the folder; `None` when it points outside.
fn local_path(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = PathBuf::from(percent_decoded(path)?);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(['\0', '\\']))
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn nothing_outside_the_folder_can_be_named() {
        for target in ["/../secret", "/a/../../b", "/%2e%2e/secret", "//etc/passwd", "/..%5cx", ""]
        {
            assert_eq!(local_path(target), None, "{target}");
        }
        assert_eq!(local_path("/a%20b/c.js?x#y"), Some(PathBuf::from("a b/c.js")));
        assert_eq!(local_path("/"), Some(PathBuf::new()));
    }

    fn ask(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).expect("connect");
        stream.write_all(request.as_bytes()).expect("write");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        answer
    }

    #[test]
    fn answers_with_type_policy_and_tag() {
        let folder = std::env::temp_dir().join(format!("etlens-server-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        let page = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
        fs::write(folder.join("index.html"), page).expect("page");
        fs::write(folder.join("x.wasm"), b"\0asm").expect("module");
        let server = Server::start(folder.clone(), 0).expect("server");

        let page = ask(&server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("Content-Type: text/html; charset=utf-8\r\n"), "{page}");
        assert!(
            page.contains(
                "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
            ),
            "{page}"
        );
        let module = ask(&server, "HEAD /x.wasm HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(module.contains("Content-Type: application/wasm\r\n"), "{module}");
        assert!(module.ends_with("\r\n\r\n"), "HEAD has no body: {module}");
        let tag = module.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("tag");
        let again = ask(
            &server,
            &format!("GET /x.wasm HTTP/1.1\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n"),
        );
        assert!(again.starts_with("HTTP/1.1 304 "), "{again}");
        let missing = ask(&server, "GET /none HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
        let posted = ask(&server, "POST / HTTP/1.1\r\n\r\n");
        assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
        fs::remove_dir_all(&folder).expect("clean");
    }
}
