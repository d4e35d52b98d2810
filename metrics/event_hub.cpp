#include "metrics/event_hub.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/lookup.hpp"
#include "core/event/records/subscription.hpp"
#include "metrics/families.hpp"
#include "metrics/http_target.hpp"
#include "metrics/state_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo::metrics {
namespace {

constexpr std::size_t kBytesPerStep = 65'536;
constexpr std::size_t kEventsPerStep = 1'024;  ///< looked at, whether they pass the filter or not
constexpr std::size_t kContactsTold = 64;      ///< of one AOR in one event

std::string_view name_of(SubscriptionEvent event) {
    switch (event) {
        case SubscriptionEvent::created:
            return "created";
        case SubscriptionEvent::refreshed:
            return "refreshed";
        case SubscriptionEvent::moved:
            return "moved";
        case SubscriptionEvent::fetched:
            return "fetched";
        case SubscriptionEvent::terminating:
            return "terminating";
        case SubscriptionEvent::notify_failed:
            return "notify_failed";
        case SubscriptionEvent::ended:
            break;
    }
    return "ended";
}

std::string text_of_event(std::string_view name, const Json& data) {
    return "event: " + std::string(name) + "\ndata: " + dump(data) + "\n\n";
}

}  // namespace

/// One who reads along.
class EventHub::Reader final : public BodyStream {
public:
    Reader(
        EventHub& hub,
        EventFilter filter,
        std::string peer,
        std::uint64_t place,
        bool has_missed
    )
        : hub_(hub),
          filter_(std::move(filter)),
          peer_(std::move(peer)),
          place_(place),
          has_missed_(has_missed) {
        hub_.readers_.insert(this);
    }
    ~Reader() override {
        hub_.readers_.erase(this);
        hub_.left_at_ = hub_.core_.now();
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    Step next(std::string& out) override {
        if (!begun_) begin(out);
        if (place_ < hub_.first_) {
            ++hub_.dropped_readers_;
            return Step::drop;
        }
        const std::uint64_t end = std::min(hub_.end(), place_ + kEventsPerStep);
        for (; place_ < end && out.size() < kBytesPerStep; ++place_) {
            const Event& event = hub_.events_[static_cast<std::size_t>(place_ - hub_.first_)];
            if (!passes(event)) continue;
            out.append("id: ").append(hub_.epoch_).append("-").append(std::to_string(place_));
            out.append("\n").append(event.text);
        }
        return place_ < hub_.end() ? Step::more : Step::wait;
    }

    void on_ready(std::function<void()> ready) override { ready_ = std::move(ready); }
    void keep_alive(std::string& out) override { out.append(": nothing new\n\n"); }
    bool may_compress() const override { return false; }

    const std::string& peer() const { return peer_; }

    void tell() {
        if (auto ready = std::exchange(ready_, nullptr)) ready();
    }

private:
    void begin(std::string& out) {
        begun_ = true;
        out.append("retry: 2000\n\n");
        if (!has_missed_) return;
        out.append("id: ").append(hub_.epoch_).append("-").append(std::to_string(place_ - 1));
        out.append("\nevent: reset\ndata: {}\n\n");
    }

    bool passes(const Event& event) const {
        if (!filter_.aor.empty() && event.aor != filter_.aor) return false;
        return filter_.domain.empty() || Inspection::domain_of(event.aor) == filter_.domain;
    }

    EventHub& hub_;
    EventFilter filter_;
    std::string peer_;
    std::uint64_t place_;
    bool has_missed_;
    bool begun_ = false;
    std::function<void()> ready_;
};

EventHub::EventHub(CoreAccess core, std::string epoch, const EventLimits& limits)
    : core_(std::move(core)), epoch_(std::move(epoch)), limits_(limits) {}

EventHub::~EventHub() = default;

void EventHub::registration_changed(TimePoint now, const Aor& aor) {
    const RegistrationView view = view_of(aor);
    Json data = to_json(view);
    Json& contacts = data["contacts"] = Json::array();
    std::size_t left = kContactsTold;
    const StateReader state = aor.state();
    for (const ContactState& contact : state->contacts) {
        if (contact.changed != view.revision) continue;
        if (left-- == 0) break;
        contacts.push_back(to_json(view_of(now, contact)));
    }
    push(now, view.aor, text_of_event("registration", data));
}

void EventHub::subscription_changed(
    TimePoint now,
    const Subscription& subscription,
    SubscriptionEvent event
) {
    const SubscriptionView view = core_.inspection().view(now, subscription);
    Json data;
    data["what"] = name_of(event);
    data.update(to_json(view));
    push(now, view.aor, text_of_event("subscription", data));
}

void EventHub::push(TimePoint now, std::string_view aor, std::string text) {
    if (readers_.empty() && now - left_at_ > limits_.kept_for) {
        listen(false);
        return;
    }
    ++events_told_;
    bytes_ += text.size() + aor.size();
    events_.push_back({std::string(aor), std::move(text)});
    while (events_.size() > limits_.events || (bytes_ > limits_.bytes && events_.size() > 1)) {
        bytes_ -= events_.front().text.size() + events_.front().aor.size();
        events_.pop_front();
        ++first_;
    }
    for (Reader* reader : readers_) reader->tell();
}

void EventHub::listen(bool on) {
    if (listening_ == on) return;
    listening_ = on;
    core_.observe(on ? this : nullptr);
    if (on) return;
    first_ = end() + 1;  // whoever comes back has missed something
    events_.clear();
    bytes_ = 0;
}

/// Where one who has seen that event goes on; nothing if that is not known, or not kept, any more.
std::optional<std::uint64_t> EventHub::place_after(std::string_view id) const {
    if (!id.starts_with(epoch_) || !id.substr(epoch_.size()).starts_with('-')) return std::nullopt;
    id.remove_prefix(epoch_.size() + 1);
    const auto number = parse_number<std::uint64_t>(id);
    if (!number || *number + 1 < first_ || *number >= end()) return std::nullopt;
    return *number + 1;
}

std::shared_ptr<BodyStream> EventHub::open(
    EventFilter filter,
    std::string_view last_event_id,
    std::string_view peer
) {
    if (readers_.size() >= limits_.readers) return nullptr;
    const auto own = std::count_if(readers_.begin(), readers_.end(), [&](const Reader* reader) {
        return reader->peer() == peer;
    });
    if (static_cast<std::size_t>(own) >= limits_.readers_per_peer) return nullptr;
    const auto place = place_after(last_event_id);
    listen(true);
    const bool has_missed = !last_event_id.empty() && !place;
    return std::make_shared<Reader>(
        *this, std::move(filter), std::string(peer), place.value_or(end()), has_missed
    );
}

std::vector<prometheus::MetricFamily> EventHub::Collect() const {
    Families families;
    families.add(
        "reginfod_event_readers", "Readers of the stream of events.", std::uint64_t{readers()}
    );
    families.add(
        "reginfod_event_readers_dropped_total",
        "Readers that were dropped because they were too slow.",
        dropped_readers_
    );
    families.add("reginfod_events_total", "Events written to the stream.", events_told_);
    return families.take();
}

void add_event_route(Router& router, EventHub& hub) {
    router.add("GET", "/api/v1/events", [&hub](const HttpRequest& request) {
        const auto query = parse_query(request.query);
        if (!query) return make_problem(400, "A broken percent-encoding in the query.");
        EventFilter filter;
        std::string last = request.last_event_id;
        for (const auto& [name, value] : *query) {
            if (name == "domain") {
                filter.domain = lower_case(value);
            } else if (name == "last_event_id") {
                if (last.empty()) last = value;
            } else if (name == "aor") {
                const auto aor = canonical_aor(value);
                if (!aor) return make_problem(400, "aor: a SIP or tel URI.");
                filter.aor = *aor;
            } else {
                return make_problem(
                    400, "Unknown parameter; there are aor, domain and last_event_id."
                );
            }
        }
        HttpResponse response;
        response.content_type = "text/event-stream";
        const std::string_view peer = request.peer;
        response.stream = hub.open(std::move(filter), last, peer.substr(0, peer.rfind(':')));
        if (!response.stream) return make_problem(503, "Too many readers of events.");
        return response;
    });
}

}  // namespace reginfo::metrics
