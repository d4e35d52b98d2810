/// @file
/// Reginfo documents as they were seen on the wire.
#pragma once

#include <string_view>

namespace reginfo::test {

/// As Kamailio 5.6.3 published it (pua_reginfo).
inline constexpr std::string_view kKamailio = R"(<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
  <registration aor="sip:alice@reg.test" id="0x7f812fed6580" state="active">
    <contact id="0x7f812fed6698" state="active" event="created" expires="300" callid="alice-c1@ua.reg.test" cseq="1" received="" path="" user_agent="interop-ua &quot;v1&quot; &lt;x&amp;y&gt;">
      <uri>sip:alice@127.0.0.1:17201</uri>
    </contact>
  </registration>
</reginfo>
)";

/// The same for a REGISTER with three contacts.
inline constexpr std::string_view kKamailioThree = R"(<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
  <registration aor="sip:carol@reg.test" id="0x7f812fedf180" state="active">
    <contact id="0x7f812fedf298" state="active" event="registered" expires="300" callid="carol-1@ua.reg.test" cseq="1" received="" path="" user_agent="interop-ua &quot;v1&quot; &lt;x&amp;y&gt;">
      <uri>sip:carol@127.0.0.1:17223</uri>
    </contact>
    <contact id="0x7f812fee1b98" state="active" event="registered" expires="300" callid="carol-1@ua.reg.test" cseq="1" received="" path="" user_agent="interop-ua &quot;v1&quot; &lt;x&amp;y&gt;">
      <uri>sip:carol@127.0.0.1:17222</uri>
    </contact>
    <contact id="0x7f812fee4940" state="active" event="created" expires="300" callid="carol-1@ua.reg.test" cseq="1" received="" path="" user_agent="interop-ua &quot;v1&quot; &lt;x&amp;y&gt;">
      <uri>sip:carol@127.0.0.1:17221</uri>
    </contact>
  </registration>
</reginfo>
)";

/// What Kamailio publishes when the last contact has expired.
inline constexpr std::string_view kKamailioExpired = R"(<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
  <registration aor="sip:dave@reg.test" id="0x7f812fedc7f8" state="terminated"/>
</reginfo>
)";

}  // namespace reginfo::test
