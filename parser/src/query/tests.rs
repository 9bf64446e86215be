//! The language as docs/FILTERS.md describes it.

use super::*;
use crate::guid::Guid;
use crate::value;

fn parse(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn fault(text: &str) -> FilterFault {
    match Filter::parse(text) {
        Ok(filter) => panic!("{text} should not parse, is {filter}"),
        Err(fault) => fault,
    }
}

struct Event {
    key: KeyFacts<'static>,
    row: RowFacts,
    fields: Vec<value::Field>,
    message: String,
}

impl PayloadFacts for Event {
    fn fields(&self) -> &[value::Field] {
        &self.fields
    }
    fn message(&self) -> &str {
        &self.message
    }
    fn related(&self) -> Option<Guid> {
        "{00000000-0000-0000-0000-00000000000b}".parse().ok()
    }
    fn computer(&self) -> &str {
        "SRV1"
    }
    fn user(&self) -> &str {
        "S-1-5-18"
    }
}

fn field(name: &str, value: value::Value) -> value::Field {
    value::Field { name: name.to_owned(), type_name: String::new(), value, bytes: 0..0 }
}

/// 4031 as SMSvcHost writes it, with a few more fields.
fn failed_dispatch() -> Event {
    use value::Value as V;
    let item = |name: &str| V::Struct(vec![field("Name", V::Text(name.to_owned()))]);
    Event {
        key: KeyFacts {
            id: 4031,
            version: 0,
            level: 2,
            opcode: 0,
            task: 2500,
            channel: 18,
            keywords: 0x2000_0000_0000_0800,
            provider: "{f18839f5-27ff-4e66-bd2d-639b768cf18b}".parse().expect("a GUID"),
            provider_name: "SMSvcHost",
            event_name: "DispatchSessionFailed",
            task_name: "ActivationDispatchSession",
            opcode_name: "Info",
            channel_name: "Microsoft-Windows-Application Server-Applications/Analytic",
            keyword_names: Box::leak(Box::new(["ActivationServices".to_owned()])),
            kind: "EVENT64",
            marked: true,
        },
        row: RowFacts {
            pid: Some(4321),
            tid: None,
            cpu: 3,
            activity: "{00000000-0000-0000-0000-00000000000a}".parse().expect("a GUID"),
            time: Instant::parse("2026-01-02T03:04:05.1234567Z").expect("a time").start,
        },
        fields: vec![
            field("AppDomain", V::Text("/LM/W3SVC/1/ROOT-1-132".to_owned())),
            field("hresult", V::Int(-5)),
            field("LogonId", V::Text("0x3e7".to_owned())),
            field("Size", V::UInt(2048)),
            field("Duration", V::Double(1.5)),
            field("Id", V::UInt(7)),
            field("Items", V::Array(vec![item("first"), item("second")])),
            field("When", V::Filetime(Instant::parse("2026-01-02T00:00Z").expect("a time").start)),
            field("Nothing", V::Null),
            field("Odd name", V::Bool(true)),
        ],
        message: "세션을 디스패치하지 못했습니다.".to_owned(),
    }
}

fn passes(text: &str) -> bool {
    let event = failed_dispatch();
    parse(text).matches(&event.key, &event.row, &event)
}

#[test]
fn header_fields() {
    for text in [
        "",
        "id:4031",
        "id=4031",
        "id:0xfbf",
        "EventID:4031",
        "System.EventID:4031",
        "ID:4031",
        "id:(4001,4008,4031)",
        "id:(4001 4031)",
        "id:4001..4035",
        "id:4031..",
        "id:..4031",
        "id:(1..3, 4030..4032)",
        "id>4030",
        "id>=4031",
        "id<4032",
        "id<=4031",
        "id!=4030",
        "id!=(1,2)",
        "id : 4031",
        "id >= 4000",
        "not id:1",
        "-id:1",
        "!id:1",
        "version:0",
        "level:error",
        "level:Error",
        "level:2",
        "level<=error",
        "level<warning",
        "level>=error",
        "level:critical..error",
        "level:(critical,error)",
        "provider:smsvc",
        "provider:SMS*",
        "provider=smsvchost",
        "provider:f18839f5",
        "provider:{F18839F5-27FF-4E66-BD2D-639B768CF18B}",
        "ProviderGuid:f18839f5-27ff-4e66-bd2d-639b768cf18b",
        "name:Dispatch*",
        "name:sessionfailed",
        "event:dispatchsessionfailed",
        "task:2500",
        "task:activation",
        "task:2000..3000",
        "opcode:info",
        "opcode:0",
        "opcode<1",
        "channel:analytic",
        "channel:18",
        "keyword:ActivationServices",
        "keyword:0x800",
        "keyword:0x801",
        "keyword=0x2000000000000800",
        "pid:4321",
        "ProcessID:0x10e1",
        "pid>4000",
        "tid!=5",
        "cpu:3",
        "activity:{00000000-0000-0000-0000-00000000000A}",
        "activity:*",
        "related:*",
        "related:00000000-0000-0000-0000-00000000000b",
        "time:2026-01-02",
        "kind:event64",
        "marked:true",
        "marked:yes",
        "computer:srv",
        "user:S-1-5-18",
        "message:디스패치",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in [
        "id:4030",
        "id!=4031",
        "id:4032..",
        "not id:4031",
        "level:warning",
        "level>error",
        "level:0",
        "provider:w3wp",
        "provider=SMSvc",
        "name:Session*",
        "keyword:0x1",
        "keyword=0x800",
        "keyword:none",
        "tid:5",
        "tid:*",
        "pid!=4321",
        "marked:false",
        "activity:{00000000-0000-0000-0000-00000000000b}",
        "time:2026-01-03",
        "version>0",
        "opcode:start",
        "message:dispatch",
    ] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn an_order_may_follow_a_colon() {
    for (text, same) in [
        ("level:<=error", "level<=error"),
        ("id:>=4000 id:<5000", "id>=4000 and id<5000"),
        ("pid:>7", "pid>7"),
    ] {
        assert_eq!(parse(text).to_string(), same);
    }
    // Before anything else the sign is what is looked for, also where a space keeps it apart.
    for text in ["message:<b", "message: <=5", "message:(<=5)", "message:\"<5\"", "message:>"] {
        let printed = parse(text).to_string();
        assert!(printed.starts_with("message:"), "{printed}");
        assert_eq!(parse(&printed), parse(text), "{printed}");
    }
}

#[test]
fn level_zero_has_no_severity() {
    let event = failed_dispatch();
    let always = KeyFacts { level: 0, ..event.key };
    let check = |text: &str| parse(text).matches(&always, &event.row, &event);
    for text in ["level<=error", "level<=verbose", "level<5", "level:..2", "level>=1"] {
        assert!(!check(text), "{text}");
    }
    for text in ["level:0", "level:logalways", "level:0..2", "level!=error", "level>=0"] {
        assert!(check(text), "{text}");
    }
}

#[test]
fn a_time_stands_for_all_it_covers() {
    for text in [
        "time:2026-01-02T03:04",
        "time:2026-01-02T03:04:05",
        "time:2026-01-02T03:04:05.1",
        "time=2026-01-02T03:04:05.1234567Z",
        "time>=2026-01-02T03:04:05Z",
        "time<=2026-01-02T03:04:05Z",
        "time<=2026-01-02",
        "time>2026-01-01",
        "time>=2026-01-02T12:04:05+09:00",
        "time:2026-01-01..2026-01-02",
        "time:2026-01-02..",
        "TimeCreated>\"2026-01-02 03:04:04\"",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in [
        "time>2026-01-02",
        "time<2026-01-02",
        "time:2026-01-02T03:05",
        "time>2026-01-02T03:04:05Z",
        "time:2026-01-03..",
        "time!=2026-01-02",
    ] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn payload_fields() {
    for text in [
        "AppDomain:root",
        "appdomain:*",
        "EventData.AppDomain:W3SVC",
        "payload.AppDomain:w3svc",
        "AppDomain=/lm/w3svc/1/root-1-132",
        "AppDomain=/LM/*",
        "AppDomain:\"ROOT-1\"",
        "AppDomain!=/LM/W3SVC/2",
        "Missing!=1",
        "hresult:-5",
        "hresult<0",
        "hresult>=-5",
        "hresult:-10..0",
        "LogonId:0x3e7",
        "LogonId:999",
        "Size>1000",
        "Size:2048",
        "Size=0x800",
        "Size:(1,2048)",
        "Size<=2048",
        "Duration>1.25",
        "Duration:1.5",
        "EventData.Id:7",
        "\"Id\":7",
        "Items.Name:second",
        "Items[1].Name=second",
        "Name:x or id:4031",
        "EventData.Name:first",
        "When:2026-01-02",
        "When<2026-01-03",
        "When>=2026-01-02",
        "\"Odd name\":true",
        "EventData.Nothing!=5",
        "EventData[0]:root",
        "eventdata[6][1].Name=second",
        "EventData[1]<0",
        "Items:first",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in [
        "AppDomain=ROOT",
        "LogonId:1000..",
        "AppDomain:ROOT-2",
        "Missing:*",
        "EventData[0]:2048",
        "EventData[99]:*",
        "Nothing:*",
        "Size>2048",
        "Size:204",
        "Items[0].Name:second",
        "Items[9].Name:*",
        "Items.Other:*",
        "hresult>0",
        "Id:7",
        "Size:text",
        "AppDomain>5",
    ] {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn free_text() {
    for text in [
        "dispatchsession",
        "DISPATCHSESSIONFAILED",
        "smsvchost",
        "root-1",
        "못했습니다",
        "4031",
        "\"/LM/W3SVC\"",
        "\"세션을 디스패치\"",
        "disp*failed",
        "root w3svc",
        "second",
        "activationdisp",
        "net.tcp://x or root",
        "-nowhere",
        "not nowhere",
        "a*b or marked:true",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in
        ["nowhere", "\"session dispatch\"", "-dispatchsession", "root nowhere", "net.tcp://x"]
    {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn precedence_is_not_and_or() {
    assert!(passes("id:4031 or id:1 and id:2"));
    assert!(!passes("(id:4031 or id:1) and id:2"));
    assert!(passes("not id:1 and id:4031"));
    assert!(!passes("not (id:1 or id:4031)"));
    assert!(passes("id:1 || id:4031 && level:error"));
    assert!(passes("NOT id:1 AND (id:2 OR id:4031)"));
    assert_eq!(parse("a b or c d").to_string(), "a and b or c and d");
    assert_eq!(parse("a (b or c) -d").to_string(), "a and (b or c) and not d");
}

#[test]
fn what_is_printed_parses_to_the_same() {
    for text in [
        "",
        "word",
        "\"a phrase\"",
        "\"with \"\" quote\"",
        "id:4031",
        "id=(1,2,5..9)",
        "id:..5",
        "id:5..",
        "level<=error",
        "level:7",
        "level:critical..warning",
        "keyword:0x800",
        "keyword:Act*",
        "provider:\"Application Server\"",
        "activity:*",
        "marked:false",
        "provider:{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}",
        "time>=2026-01-02T03:04:05Z",
        "time:2026-01-02..2026-01-03T04:05Z",
        "AppDomain:/LM/W3SVC/1/ROOT-1-132",
        "Size>1.5",
        "EventData.id:5",
        "\"Odd name\":x",
        "EventData.and:x",
        "EventData.Id!=(a,\"b c\")",
        "Items[3].Name=x",
        "X:-5..10",
        "not not a",
        "not (a or b)",
        "a and (b or c) or not (d e)",
        "((a))",
        "-a -b",
        "net.tcp://host:808/x*",
        "C:\\Windows\\x.dll",
        "10:30",
        "a - b",
        "-",
        "(a or -)",
        "message:\"\"",
        "task:\"5\"",
        "task:Start",
        "When>2026-01-02",
        "\"\":x",
        "a&&b",
        "x!y",
        "user:S-1-5-18 computer=SRV",
        "kind:EVENT*",
        "opcode:1..3",
        "EventData.EventData.x:1",
    ] {
        let filter = parse(text);
        let printed = filter.to_string();
        assert_eq!(parse(&printed), filter, "{text} prints as {printed}");
        assert_eq!(parse(&printed).to_string(), printed, "{text}");
    }
}

#[test]
fn faults_point_and_suggest() {
    // (text, code, column, argument, suggestion)
    for (text, code, column, argument, suggestion) in [
        ("id:4031 and level<=eror", "filter-level-unknown", 20, "eror", "error"),
        ("level:waring", "filter-level-unknown", 7, "waring", "warning"),
        ("levle<=error", "filter-number-expected", 8, "error", "level"),
        ("(id:4031", "filter-paren-open", 1, "(", ""),
        ("id:(1,2", "filter-paren-open", 4, "(", ""),
        ("id:4031)", "filter-paren-extra", 8, ")", ""),
        (")", "filter-paren-extra", 1, ")", ""),
        ("()", "filter-term-missing", 2, "(", ""),
        ("a and", "filter-term-missing", 6, "and", ""),
        ("and a", "filter-term-missing", 1, "and", ""),
        ("a or or b", "filter-term-missing", 6, "or", ""),
        ("not", "filter-term-missing", 4, "not", ""),
        ("세션 \"못", "filter-quote-open", 4, "\"", ""),
        (":5", "filter-field-missing", 1, ":", ""),
        ("a <= ", "filter-value-missing", 1, "a <=", ""),
        ("id:", "filter-value-missing", 1, "id:", ""),
        ("id:()", "filter-value-missing", 1, "id:", ""),
        ("id:abc", "filter-number-expected", 4, "abc", ""),
        ("id:4001..x", "filter-number-expected", 10, "x", ""),
        ("id:5..4", "filter-range-reversed", 4, "5..4", ""),
        ("id:-1", "filter-number-range", 4, "-1", ""),
        ("pid:99999999999", "filter-number-range", 5, "99999999999", ""),
        ("pid:99999999999999999999999", "filter-number-range", 5, "99999999999999999999999", ""),
        ("version:300", "filter-number-range", 9, "300", ""),
        ("activity:{123", "filter-guid-expected", 10, "{123", ""),
        ("time>yesterday", "filter-time-expected", 6, "yesterday", ""),
        ("marked:maybe", "filter-flag-expected", 8, "maybe", ""),
        ("name>a", "filter-operator-unfit", 1, ">", ""),
        ("keyword<5", "filter-operator-unfit", 1, "<", ""),
        ("id>(1,2)", "filter-set-operator", 4, ">", ""),
        ("id>1..2", "filter-set-operator", 4, ">", ""),
        ("한국어 id:x", "filter-number-expected", 8, "x", ""),
    ] {
        let fault = fault(text);
        let seen = (fault.code, fault.column, fault.argument.as_str(), fault.suggestion.as_str());
        assert_eq!(seen, (code, column, argument, suggestion), "{text}");
        assert!(fault.start <= fault.end && fault.end as usize <= text.len(), "{text}");
        assert!(CODES.iter().any(|(known, _)| *known == fault.code), "{text}");
    }
    assert_eq!(fault(&"(".repeat(100)).code, "filter-too-deep");
    assert_eq!(fault(&"-".repeat(100)).code, "filter-too-deep");
    assert_eq!(fault(&"a".repeat(20_000)).code, "filter-too-long");
    assert_eq!(
        fault("level<=eror").to_string(),
        "Column 8: “eror” is not a level. Levels are critical, error, warning, info, verbose or a \
         number. Did you mean “error”?"
    );
}

#[test]
fn stages_decide_as_early_as_they_can() {
    let event = failed_dispatch();
    let stage = |text: &str| parse(text).stage();
    assert_eq!(stage("id:4031 or level:error"), Stage::Key);
    assert_eq!(stage("id:4031 pid:5"), Stage::Row);
    assert_eq!(stage("id:4031 AppDomain:x"), Stage::Payload);
    assert_eq!(parse("id:4031 or AppDomain:x").for_key(&event.key), Residual::Yes);
    assert_eq!(parse("id:1 and AppDomain:x").for_key(&event.key), Residual::No);
    assert_eq!(parse("dispatchsession").for_key(&event.key), Residual::Yes);
    let left = parse("id:4031 and (pid:1 or AppDomain:root) and not level:5").for_key(&event.key);
    assert_eq!(left, Residual::Depends(parse("pid:1 or AppDomain:root").expr().clone()));
    assert!(left.needs_payload());
    assert!(left.matches(&event.row, &event));
    let left = parse("pid:1 and AppDomain:root").for_key(&event.key);
    assert!(!left.matches(&event.row, &event));
    let left = parse("not (pid:4321 or AppDomain:root)").for_key(&event.key);
    assert!(!left.matches(&event.row, &event));
    assert!(!parse("pid:5").needs_message());
    assert!(parse("pid:5 word").needs_message());
}

#[test]
fn terms_for_include_and_exclude() {
    for (field, value, printed) in [
        ("EventID", "4031", "id=4031"),
        ("EventData.AppDomain", "/LM/W3SVC/1", "AppDomain=/LM/W3SVC/1"),
        ("EventData.Id", "7", "EventData.Id=7"),
        ("EventData.Text", "a \"b\" *", "Text=\"a \"\"b\"\" *\""),
        ("EventData.Odd name", "", "\"Odd name\"=\"\""),
        ("Level", "Error", "level=Error"),
    ] {
        assert_eq!(term(field, value), printed);
        parse(printed);
    }
    assert!(passes(&term("EventData.AppDomain", "/LM/W3SVC/1/ROOT-1-132")));
}

#[test]
fn unknown_payload_fields_are_hinted_at() {
    let text = "AppDomain:x and levl:error";
    let hints = parse(text).hints(text, &["AppDomain".to_owned()]);
    assert_eq!(hints.len(), 1);
    assert_eq!((hints[0].column, hints[0].suggestion.as_str()), (17, "level"));
}

#[test]
fn queries_of_event_viewer_become_filters() {
    let query_list = "<QueryList>\r\n  <Query Id=\"0\" Path=\"x\">\r\n    <Select Path=\"\
        Microsoft-Windows-Application Server-Applications/Analytic\">*[System[Provider[@Name='\
        Microsoft-Windows-Application Server-Applications'] and (Level=1  or Level=2) and \
        (EventID=4031 or  (EventID &gt;= 4001 and EventID &lt;= 4035))]]</Select>\r\n    \
        <Suppress Path=\"x\">*[System[(EventID=4022)]]</Suppress>\r\n  </Query>\r\n</QueryList>";
    for (query, filter) in [
        ("*[System[(EventID=4031)]]", "id=4031"),
        (" *[System[EventID=4031 and Level<=2]] ", "id=4031 and level:logalways..error"),
        (
            query_list,
            "provider=\"Microsoft-Windows-Application Server-Applications\" and (level=critical or \
             level=error) and (id=4031 or id>=4001 and id<=4035) and not id=4022",
        ),
        ("*[EventData[Data[@Name='AppDomain']='x']]", "AppDomain=\"x\""),
        ("*[EventData[Data[@Name='AppDomain' and .='x']]]", "AppDomain=\"x\""),
        ("*[EventData[Data[@Name=\"Port\"]=\"80\" or Data='y']]", "Port=80 or \"y\""),
        ("*[EventData[Data[@Name='AppDomain']]]", "AppDomain:*"),
        ("*[EventData/Data[@Name='A']='x']", "A=\"x\""),
        ("Event[System[Task=2500]][EventData[Data[@Name='A']='x']]", "task=2500 and A=\"x\""),
        ("Event/System[Opcode=1]", "opcode=1"),
        ("*[System/Level=2]", "level=error"),
        ("*[System[band(Keywords,2048)]]", "keyword:0x800"),
        ("*[System[band(Keywords,0x800) != 0]]", "keyword:0x800"),
        ("*[System[Keywords=-9223372036854775808]]", "keyword=0x8000000000000000"),
        ("*[System[not(EventID=1)]]", "not id=1"),
        (
            "*[System[TimeCreated[@SystemTime>='2026-01-02T03:04:05.000Z' and \
             @SystemTime<'2026-01-03T00:00:00.000Z']]]",
            "time>=2026-01-02T03:04:05.000Z and time<2026-01-03T00:00:00.000Z",
        ),
        ("*[System[Execution[@ProcessID=4321 and @ThreadID!=5]]]", "pid=4321 and tid!=5"),
        (
            "*[System[Correlation[@ActivityID='{00000000-0000-0000-0000-00000000000A}']]]",
            "activity={00000000-0000-0000-0000-00000000000a}",
        ),
        ("*[System[Security[@UserID='S-1-5-18']]]", "user=\"S-1-5-18\""),
        (
            "*[System[Channel='Analytic' and Computer='SRV1']]",
            "channel=\"Analytic\" and computer=\"SRV1\"",
        ),
        ("*[UserData[Failure[Reason='x']]]", "Reason=\"x\""),
        ("*[System[TimeCreated[timediff(@SystemTime) <= 3600000]]]", "time>=-3600s"),
        ("*[System[TimeCreated[timediff(@SystemTime) > 500]]]", "time<-0.5s"),
    ] {
        assert_eq!(parse(query).to_string(), filter, "{query}");
        assert_eq!(parse(filter), parse(query), "{query}");
    }
    assert!(passes("*[System[Provider[@Name='SMSvcHost'] and (Level=2) and (EventID=4031)]]"));
    assert!(passes("*[EventData[Data[@Name='Size']='2048']]"));
    assert!(!passes("*[System[EventID=4030]]"));
}

#[test]
fn faults_of_queries_point_into_the_query() {
    for (query, code, column, argument) in [
        (
            "*[System[TimeCreated[timediff(@Other) <= 86400000]]]",
            "filter-xpath-unsupported",
            22,
            "timediff(",
        ),
        ("*[System[EventRecordID=5]]", "filter-xpath-unsupported", 10, "EventRecordID"),
        ("*[System[EventID=x]]", "filter-number-expected", 18, "x"),
        ("*[System[EventID=4031]", "filter-xpath-syntax", 23, ""),
        ("*[System[(EventID=4031]]", "filter-xpath-syntax", 23, "]]"),
        ("*[System[EventID=4031 nonsense]]", "filter-xpath-syntax", 23, "nonsense]]"),
        ("*[Other[x=1]]", "filter-xpath-unsupported", 3, "Other"),
        ("*[EventData[Data[1]='x']]", "filter-xpath-unsupported", 13, "Data[1"),
        (
            "<QueryList><Query><Select>*[System[Level=9x]]</Select>",
            "filter-level-unknown",
            42,
            "9x",
        ),
        ("<QueryList>", "filter-xpath-syntax", 1, "<QueryList>"),
    ] {
        let fault = fault(query);
        let seen = (fault.code, fault.column, fault.argument.as_str());
        assert_eq!(seen, (code, column, argument), "{query}");
        assert!(fault.start <= fault.end && fault.end as usize <= query.len(), "{query}");
    }
    assert_eq!(fault(&format!("*[{}", "(".repeat(100))).code, "filter-too-deep");
}

#[test]
fn regular_expressions() {
    for text in [
        "name~^dispatch.*failed$",
        "name=~Session(Failed|Started)",
        "(name~fail(ed|ure)) id:4031",
        "name~[)(]?Failed id:4031",
        "AppDomain~\"^/LM/W3SVC/\\d+/ROOT\"",
        "Size~^20\\d\\d$",
        "provider~^sms",
        "id~^40",
        "pid~21$",
        "opcode~^inf",
        "keyword~^activation",
        "activity~0a}$",
        "message~세션.*못했",
        "~W3SVC/[0-9]+/",
        "~못했습니다",
        "name!~^Close",
        "NoSuchField!~x",
        "not ~nothing.like.it",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in ["name~^failed", "AppDomain~^W3SVC", "NoSuchField~.*", "message!~세션", "tid~."] {
        assert!(!passes(text), "{text}");
    }
    // Letters with case beyond ASCII fold as they do elsewhere.
    let cyrillic = Pattern::regex("ОШИБ[КГ]А", false).expect("a regular expression");
    assert!(cyrillic.is_in("Новая ошибка"));
    let wrong = fault("id:1 name~a(b or id:2");
    assert_eq!((wrong.code, wrong.column, wrong.end), ("filter-regex", 11, 13));
    assert_eq!(fault("name~").code, "filter-value-missing");
    assert_eq!(fault("~ ").code, "filter-value-missing");
    assert_eq!(fault("time~2026").code, "filter-operator-unfit");
    assert_eq!(fault("a~(((((x{900}){900}){900}){900}){900})").code, "filter-regex");
}

/// A trace that lasts ten seconds and knows one transfer.
struct TenSeconds;

impl TraceFacts for TenSeconds {
    fn ends(&self) -> (i64, i64) {
        let start = Instant::parse("2026-01-02T03:04:00Z").expect("a time").start;
        (start, start + 100_000_000)
    }
    fn activity_tree(&self, activity: Guid) -> Vec<Guid> {
        vec!["{00000000-0000-0000-0000-00000000000a}".parse().expect("a GUID"), activity]
    }
}

#[test]
fn moments_counted_from_the_ends_of_the_trace() {
    let event = failed_dispatch();
    let passes = |text: &str| {
        let filter = parse(text).resolved(&TenSeconds);
        filter.matches(&event.key, &event.row, &event)
    };
    // The event is 5.1234567 s after the first and 4.8765433 s before the last.
    for text in [
        "time:+5s..+5.2s",
        "time:+5123ms..",
        "time>=+5.1234567s",
        "time:+5.1234567s",
        "time<=+0m5.1234567s",
        "time:-5s..",
        "time:-4.9s..-4.8s",
        "time:+5s..-4s",
        "time>-4876544us",
        "time<+1h",
    ] {
        assert!(passes(text), "{text}");
    }
    for text in ["time:+6s..", "time:-4s..", "time>+5.1234567s", "time:..+5s"] {
        assert!(!passes(text), "{text}");
    }
    for bad in ["time:+5", "time:+s", "time:+5x", "time:5s", "time:+", "time:+1.2.3s"] {
        assert_eq!(fault(bad).code, "filter-time-expected", "{bad}");
    }
    assert_eq!(fault("time:+5s..+4s").code, "filter-range-reversed");
    assert_eq!(parse("time:+90m..-250ms").to_string(), "time:+5400s..-0.25s");
}

#[test]
fn activity_trees_are_asked_of_the_trace() {
    let event = failed_dispatch();
    let filter = parse("activity-tree:{00000000-0000-0000-0000-0000000000ff}");
    assert!(!filter.needs_payload());
    assert!(!filter.matches(&event.key, &event.row, &event));
    assert!(filter.resolved(&TenSeconds).matches(&event.key, &event.row, &event));
    assert_eq!(fault("tree:x").code, "filter-guid-expected");
}

#[test]
fn a_column_is_counted_without_its_own_terms() {
    for (text, column, left) in [
        ("level:error id:4031", "level", "id:4031"),
        ("level:(error,warning)", "level", ""),
        ("level:error or level:warning", "level", ""),
        ("(level:error or pid:4) not level:2 word", "level", "(level:error or pid:4) word"),
        ("provider:x id:5 or pid:4", "event", "provider:x id:5 or pid:4"),
        ("provider:x id:5 not name:y", "event", "provider:x"),
        ("provider:x (provider:x id:5 or provider:y id:6)", "event", "provider:x"),
        ("pid:4 (provider:x id:5)", "provider", "pid:4 provider:x id:5"),
        ("", "pid", ""),
    ] {
        assert_eq!(parse(text).without_column(column), parse(left), "{column} of {text}");
    }
}
