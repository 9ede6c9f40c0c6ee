"""Made-up messages for the demo and the documentation: every event, several accepted forms, one unknown event.

Nothing here comes from a real system. The command line and the documentation read it; the decoder does not.
"""

SAMPLES: tuple[bytes, ...] = (
    # Service of a DN, without and with the attributes that the documentation leaves out.
    b'{"id":"EventDNOutOfService","ThisDN":"2205"}',
    b'{"id":"EventDNBackInService","ThisDN":"2205","Server":101,"time":{"seconds":1735718399,"useconds":88410}}',
    # A shift begins: a login in the canonical form, then one with another pair of time names and a text for Server.
    b'{"id":"EventAgentLogin","ThisDN":"2205","Server":101,"time":{"seconds":1735718400,"useconds":250000},'
    b'"AgentID":"A2205","AgentWorkMode":1,"ThisQueue":"Sales@north","CustomerID":"Tenant-7","Extensions":{},'
    b'"Reasons":{},"ReferenceID":11}',
    b'{"id":"EventAgentLogin","ThisDN":"+33170000042","Server":"sip-north","time":{"tv_sec":1735718402,"tv_usec":9},'
    b'"AgentID":"North\\\\l.martin@example.org","ThisQueue":"Support@north"}',
    # The work mode as a code, as a prefixed name, as a plain name, and as a code that nobody has named.
    b'{"id":"EventAgentReady","ThisDN":"2205","Server":101,"time":{"seconds":1735718405,"useconds":3},"AgentWorkMode":2}',
    b'{"AgentWorkMode":"AgentManualIn","time":1735718405750,"Server":101,"ThisDN":"2206","id":"EventAgentReady"}',
    b'{"id":"EventAgentNotReady","ThisDN":"2205","Server":101,"time":{"sec":1735722000,"usec":118},"Agent ID":"A2205",'
    b'"AgentWorkMode":"AuxWork","Reasons":{"ReasonCode":"Coffee"},"Extensions":{"ReasonCode":"7"},"ReferenceID":"12"}',
    b'{"id":"EventAgentNotReady","ThisDN":"2206","Server":101,"time":{"seconds":1735722060,"useconds":64000},'
    b'"AgentWorkMode":42,"EventSequenceNumber":5500123}',
    # Do-not-disturb; the second name is misprinted in the documentation and accepted.
    b'{"id":"EventDNDOn","ThisDN":"2207","Server":101,"time":{"seconds":1735722300,"useconds":0},"ReferenceID":21}',
    b'{"id":"EventDNDOOn","ThisDN":"2208","Server":101,"time":{"seconds":1735722301,"useconds":5},"Reasons":null}',
    b'{"id":"EventDNDOff","ThisDN":"2207","Server":101,"time":{"seconds":1735722900,"useconds":77},"ReferenceID":22}',
    # Forwarding, with the status by name and by code.
    b'{"id":"EventForwardSet","ThisDN":"2209","Server":101,"time":{"seconds":1735723000,"useconds":640},'
    b'"InfoStatus":"SendAllCallsStatus","OtherDN":"+4930000815"}',
    b'{"id":"EventForwardSet","ThisDN":"2210","Server":101,"time":{"TimeinSecs":1735723001,"TimeinuSecs":1},'
    b'"InfoStatus":3,"OtherDN":"2211"}',
    b'{"id":"EventForwardCancel","ThisDN":"2209","Server":101,"time":{"seconds":1735726600,"useconds":641}}',
    # A call: off the hook, muted and unmuted, on the hook. The text in UserData is escaped and not ASCII.
    b'{"id":"EventOffHook","ThisDN":"2205","Server":101,"time":{"seconds":1735730000,"useconds":415926},'
    b'"CustomerID":"Tenant-7","Extensions":{"BusinessCall":1},"ConnID":"00ab03c5d1e2f470","CallID":880123,'
    b'"CallType":"Inbound","CallState":"CallStateOk","CallHistory":{"FirstTransfer":{"HomeLocation":"North",'
    b'"OrigDN":"3001"}},"NetworkCallID":0,"NetworkNodeID":0,"ThisTrunk":4,"UserData":{"Segment":"silver",'
    b'"City":"Z\\u00fcrich","Menu":["billing","card"],"Score":0.75,"VIP":false}}',
    b'{"id":"EventMuteOn","ThisDN":"2205","ThisDNRole":"RoleDestination","ConnID":"00ab03c5d1e2f470"}',
    b'{"id":"EventMuteOff","ThisDN":"2205","ThisDNRole":2,"ConnID":"00ab03c5d1e2f470","ReferenceID":4294967295,'
    b'"UserData":{"Segment":"silver"}}',
    b'{ "id" : "EventOnHook", "ThisDN" : "2205", "Server" : 101, "time" : { "useconds" : 900000,'
    b' "seconds" : 1735730184 }, "ConnID" : "00ab03c5d1e2f470", "CallID" : 880123, "ThisDNRole" : "Destination" }',
    # An event outside the schema: kept as it came.
    b'{"id":"EventQueueLogout","ThisDN":"2205","Server":101,"time":{"seconds":1735747190,"useconds":2},"AgentID":"A2205",'
    b'"ThisQueue":"Sales@north"}',
    # The shift ends; the decoder asks for no order of the members.
    b'{"ThisQueue":"Sales@north","Reasons":{"ReasonCode":"Home"},"Server":101,"id":"EventAgentLogout","AgentID":"A2205",'
    b'"ThisDN":"2205","time":{"useconds":500,"seconds":1735747200}}',
)
"""Messages that all decode, in a plausible order."""

BAD_SAMPLE: bytes = (
    b'{"id":"EventAgentReady","ThisDN":"2205","Server":101,"time":{"seconds":1735718405,"useconds":3},'
    b'"AgentWorkMode":[2]}'
)
"""A message that is refused: AgentWorkMode is an array."""
