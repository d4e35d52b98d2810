/// @file
/// What the codec costs on the messages that Kamailio sends: the hot path of each PUBLISH.

#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"
#include "core/sip/stream_framer.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"
#include "core/sip/writer.hpp"
#include "tests/bench/allocations.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

using namespace reginfo;
using namespace reginfo::sip;

constexpr std::string_view kPublish =
    "PUBLISH sip:alice@reg.test SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:17010;branch=z9hG4bK5a64.8e38def2000000000000000000000000.0\r\n"
    "To: <sip:alice@reg.test>\r\n"
    "From: <sip:alice@reg.test>;tag=cdb99d0d253e5194d8191660afc9d7bd-e94603c6\r\n"
    "CSeq: 10 PUBLISH\r\n"
    "Call-ID: 6862bbc848cf8a4d-31839@127.0.0.1\r\n"
    "Content-Length: 453\r\n"
    "User-Agent: kamailio (5.6.3 (x86_64/linux))\r\n"
    "Max-Forwards: 70\r\n"
    "Event: reg\r\n"
    "Expires: 3601\r\n"
    "Content-Type: application/reginfo+xml\r\n"
    "\r\n"
    "<?xml version=\"1.0\"?>\n"
    "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">\n"
    "  <registration aor=\"sip:alice@reg.test\" id=\"0x7f812fed6580\" state=\"active\">\n"
    "    <contact id=\"0x7f812fed6698\" state=\"active\" event=\"created\" expires=\"300\" "
    "callid=\"alice-c1@ua.reg.test\" cseq=\"1\" received=\"\" path=\"\" "
    "user_agent=\"interop-ua &quot;v1&quot; &lt;x&amp;y&gt;\">\n"
    "      <uri>sip:alice@127.0.0.1:17201</uri>\n"
    "    </contact>\n"
    "  </registration>\n"
    "</reginfo>\n";

constexpr std::string_view kSubscribe =
    "SUBSCRIBE sip:alice@reg.test SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:17020;branch=z9hG4bK09fd.43d192e7000000000000000000000000.0\r\n"
    "To: <sip:alice@reg.test>\r\n"
    "From: <sip:reginfo@127.0.0.1:17020>;tag=4fef0669abcea5a058b3e79a94743416-0b2903c6\r\n"
    "CSeq: 10 SUBSCRIBE\r\n"
    "Call-ID: 1109b4d74a39fe9f-31808@127.0.0.1\r\n"
    "Content-Length: 0\r\n"
    "User-Agent: kamailio (5.6.3 (x86_64/linux))\r\n"
    "Max-Forwards: 70\r\n"
    "Event: reg\r\n"
    "Contact: <sip:reginfo@127.0.0.1:17020>\r\n"
    "Expires: 310\r\n"
    "\r\n";

void parse(benchmark::State& state, std::string_view bytes) {
    const ParseLimits limits;
    Message message;
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_message(bytes, limits, message));
        benchmark::ClobberMemory();
    }
    if (parse_message(bytes, limits, message) != ParseError::none || !message.defect.empty()) {
        state.SkipWithError("the message is broken");
    }
}

void parse_publish(benchmark::State& state) { parse(state, kPublish); }
void parse_subscribe(benchmark::State& state) { parse(state, kSubscribe); }
BENCHMARK(parse_publish);
BENCHMARK(parse_subscribe);

void parse_folded_publish(benchmark::State& state) {
    std::string folded(kPublish);
    folded.insert(folded.find(";branch"), "\r\n ");
    parse(state, folded);
}
BENCHMARK(parse_folded_publish);

template <class Parser>
void parse_value(benchmark::State& state, Parser parser, std::string_view value) {
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(value);
        benchmark::DoNotOptimize(parser(value));
    }
    if (!parser(value)) state.SkipWithError("the value is broken");
}
BENCHMARK_CAPTURE(
    parse_value,
    via,
    parse_via,
    "SIP/2.0/UDP 127.0.0.1:17010;branch=z9hG4bK5a64.8e38def2000000000000000000000000.0"
);
BENCHMARK_CAPTURE(
    parse_value,
    from,
    parse_name_addr,
    "<sip:alice@reg.test>;tag=cdb99d0d253e5194d8191660afc9d7bd-e94603c6"
);
BENCHMARK_CAPTURE(parse_value, to, parse_name_addr, "<sip:alice@reg.test>");
BENCHMARK_CAPTURE(parse_value, contact, parse_name_addr, "<sip:reginfo@127.0.0.1:17020>");
BENCHMARK_CAPTURE(parse_value, cseq, parse_cseq, "10 PUBLISH");
BENCHMARK_CAPTURE(parse_value, event, parse_event, "reg");
BENCHMARK_CAPTURE(parse_value, uri, parse_uri, "sip:alice@reg.test");

void canonical_aor_of_text(benchmark::State& state) {
    std::string_view text = "sip:alice@reg.test";
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(text);
        benchmark::DoNotOptimize(canonical_aor(*parse_uri(text)));
    }
}
BENCHMARK(canonical_aor_of_text);

void canonical_contact_of_text(benchmark::State& state) {
    std::string_view text = "sip:alice@127.0.0.1:17201;transport=udp;ob";
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(text);
        std::string contact;
        append_canonical_contact(contact, text, *parse_uri(text));
        benchmark::DoNotOptimize(contact);
    }
}
BENCHMARK(canonical_contact_of_text);

void begin_response_to_publish(benchmark::State& state) {
    Message message;
    parse_message(kPublish, ParseLimits{}, message);
    const auto via = parse_via(*message.first(HeaderName::via));
    const Endpoint source{*IpAddress::parse("127.0.0.1"), 17010};
    std::string out;
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        out.clear();
        begin_response(out, message, *via, source, 200, "", "b06a41fc6428dd2f-53eaa351");
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
}
BENCHMARK(begin_response_to_publish);

void frame_publishes(benchmark::State& state) {
    StreamFramer framer{ParseLimits{}};
    const reginfo::bench::CountAllocations allocations(state);
    for (auto _ : state) {
        framer.push(kPublish);
        benchmark::DoNotOptimize(framer.pop());
    }
}
BENCHMARK(frame_publishes);

}  // namespace

BENCHMARK_MAIN();
