/// @file

#include "core/event/persistence/dialog_record.hpp"

#include "core/event/persistence/record_layout.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// Bits of one number. Earlier programs wrote only whether a NOTIFY was owed.
constexpr std::uint64_t kOwed = 1;
constexpr std::uint64_t kHasAccepted = 2;

void put(Encoder& out, const Flow& flow) {
    const IpAddress::Bytes& address = flow.peer.address.bytes();
    out.number(static_cast<std::uint64_t>(flow.transport)).number(flow.listener);
    out.text({reinterpret_cast<const char*>(address.data()), address.size()});
    out.number(flow.peer.port);
}

Flow get_flow(Decoder& in) {
    Flow flow;
    flow.transport = in.number() == 0 ? Transport::udp : Transport::tcp;
    flow.listener = static_cast<ListenerId>(in.number());
    IpAddress::Bytes address{};
    const std::string_view bytes = in.text();
    std::copy_n(bytes.begin(), std::min(bytes.size(), address.size()), address.begin());
    flow.peer = {IpAddress(address), static_cast<std::uint16_t>(in.number())};
    return flow;
}

}  // namespace

std::string encode(const DialogRecord& dialog, TimePoint now) {
    Encoder out(now);
    const DialogState& state = dialog.state;
    out.text(state.call_id()).text(state.local_tag()).text(state.remote_tag());
    out.text(state.local_party()).text(state.remote_party()).text(state.remote_target());
    out.number(state.routes());
    state.for_each_route(0, [&](std::string_view route) { out.text(route); });
    out.number(state.local_cseq).number(state.remote_cseq);
    put(out, state.flow);
    out.number(dialog.subscriptions.size());
    for (const SubscriptionRecord& subscription : dialog.subscriptions) {
        out.flag(subscription.event_id.has_value());
        out.text(subscription.event_id.value_or(""));
        out.text(subscription.aor).text(subscription.aor_text).number(subscription.watcher);
        out.text(text_of(subscription.profile));
        out.number(subscription.version).number(subscription.acked);
        out.number(
            (subscription.owed ? kOwed : 0U) | (subscription.has_accepted ? kHasAccepted : 0U)
        );
        out.number(subscription.rates.max).number(subscription.rates.min);
        out.number(subscription.rates.adaptive_min);
        out.time(subscription.deadline);
    }
    return out.take();
}

std::optional<DialogRecord> decode_dialog(std::string_view bytes, const RecordTime& time) {
    Decoder in(bytes, time);
    DialogRecord dialog;
    DialogState& state = dialog.state;
    DialogTexts texts;
    std::string_view remote_tag;  // stands in remote_party as well
    for (std::string_view* text :
         {&texts.call_id,
          &texts.local_tag,
          &remote_tag,
          &texts.local_party,
          &texts.remote_party,
          &texts.remote_target}) {
        *text = in.text();
    }
    texts.route_set.resize(in.count());
    for (std::string_view& route : texts.route_set) route = in.text();
    state.texts = DialogState(texts).texts;
    state.local_cseq = static_cast<std::uint32_t>(in.number());
    state.remote_cseq = static_cast<std::uint32_t>(in.number());
    state.flow = get_flow(in);
    dialog.subscriptions.resize(in.count());
    for (SubscriptionRecord& subscription : dialog.subscriptions) {
        const bool has_id = in.flag();
        std::string id = in.string();
        if (has_id) subscription.event_id = std::move(id);
        subscription.aor = in.string();
        subscription.aor_text = in.string();
        subscription.watcher = in.number();
        subscription.profile = profile_named(in.text()).value_or(Profile::standard);
        subscription.version = static_cast<std::uint32_t>(in.number());
        subscription.acked = in.number();
        const std::uint64_t bits = in.number();
        subscription.owed = (bits & kOwed) != 0;
        subscription.has_accepted = (bits & kHasAccepted) != 0;
        subscription.rates.max = in.number();
        subscription.rates.min = in.number();
        subscription.rates.adaptive_min = in.number();
        subscription.deadline = in.time();
    }
    if (!in.fits()) return std::nullopt;
    return dialog;
}

}  // namespace reginfo
