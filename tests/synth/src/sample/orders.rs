//! The EventSource of the service in the sample: its manifest travels in the trace.

use crate::bytes::Put;
use crate::guid::{Guid, guid};
use crate::record::Event;

/// `Contoso-Orders`.
pub const ORDERS: Guid = guid("7d2f0c1e-5b0a-5f6e-9c56-3a4b1f2e8d70");

/// Bytes of manifest per event; EventSource uses 0xff00, so a small manifest is one chunk.
pub const CHUNK_BYTES: usize = 0xff00;

/// The manifest an EventSource of this shape generates.
pub const MANIFEST: &str = r##"<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
 <instrumentation xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events">
  <events xmlns="http://schemas.microsoft.com/win/2004/08/events">
<provider name="Contoso-Orders" guid="{7d2f0c1e-5b0a-5f6e-9c56-3a4b1f2e8d70}" resourceFileName="Contoso.Orders.dll" messageFileName="Contoso.Orders.dll" symbol="ContosoOrders" source="Xml">
 <tasks>
  <task name="OrderAccepted" message="$(string.task_OrderAccepted)" value="65533"/>
  <task name="OrderRejected" message="$(string.task_OrderRejected)" value="65532"/>
  <task name="EventSourceMessage" message="$(string.task_EventSourceMessage)" value="65534"/>
 </tasks>
 <opcodes>
 </opcodes>
 <keywords>
  <keyword name="Orders" message="$(string.keyword_Orders)" mask="0x1"/>
 </keywords>
 <events>
  <event value="1" version="0" level="win:Informational" symbol="OrderAccepted" message="$(string.event_OrderAccepted)" keywords="Orders" task="OrderAccepted" template="OrderAcceptedArgs"/>
  <event value="2" version="0" level="win:Warning" symbol="OrderRejected" message="$(string.event_OrderRejected)" keywords="Orders" task="OrderRejected" template="OrderRejectedArgs"/>
 </events>
 <templates>
  <template tid="OrderAcceptedArgs">
   <data name="orderId" inType="win:Int64"/>
   <data name="customer" inType="win:UnicodeString"/>
   <data name="total" inType="win:Double"/>
   <data name="lines" inType="win:Int32"/>
  </template>
  <template tid="OrderRejectedArgs">
   <data name="orderId" inType="win:Int64"/>
   <data name="reason" inType="win:UnicodeString"/>
  </template>
 </templates>
</provider>
</events>
</instrumentation>
<localization>
 <resources culture="en-US">
  <stringTable>
   <string id="event_OrderAccepted" value="Order %1 of %2 accepted: %4 lines, total %3"/>
   <string id="event_OrderRejected" value="Order %1 rejected: %2"/>
   <string id="keyword_Orders" value="Orders"/>
   <string id="task_EventSourceMessage" value="EventSourceMessage"/>
   <string id="task_OrderAccepted" value="OrderAccepted"/>
   <string id="task_OrderRejected" value="OrderRejected"/>
  </stringTable>
 </resources>
</localization>
</instrumentationManifest>
"##;

/// Keyword bits EventSource reserves for its sessions, set in every event.
const SESSION_BITS: u64 = 0x0000_f000_0000_0000;

fn event((pid, tid): (u32, u32), activity: &Guid, id: u16, level: u8, payload: Vec<u8>) -> Event {
    Event {
        provider: ORDERS,
        id,
        level,
        task: 0xfffe - id,
        keywords: SESSION_BITS | 1,
        pid,
        tid,
        activity: *activity,
        payload,
        ..Event::default()
    }
}

/// Event 1.
pub fn accepted(
    writer: (u32, u32),
    activity: &Guid,
    order: i64,
    customer: &str,
    total: f64,
    lines: i32,
) -> Event {
    let mut payload = Vec::new();
    payload.put_i64(order);
    payload.put_utf16z(customer);
    payload.put_u64(total.to_bits());
    payload.put_u32(lines as u32);
    event(writer, activity, 1, 4, payload)
}

/// Event 2.
pub fn rejected(writer: (u32, u32), activity: &Guid, order: i64, reason: &str) -> Event {
    let mut payload = Vec::new();
    payload.put_i64(order);
    payload.put_utf16z(reason);
    event(writer, activity, 2, 3, payload)
}
