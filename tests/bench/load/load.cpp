/// @file

#include "tests/bench/load/load.hpp"

#include <algorithm>
#include <stdexcept>

namespace reginfo::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;  ///< without any progress

}  // namespace

Load::Load(const Options& options)
    : options_(options),
      server_(options.pid),
      wire_(options.port, options.tcp, options.connections),
      publications_(options.aors),
      watchers_(std::size_t{options.aors} * options.watchers + options.idle),
      now_(Clock::now()) {
    publishers_.server = "127.0.0.1:" + std::to_string(options.port);
    publishers_.transport = options.tcp ? "TCP" : "UDP";
    publishers_.contacts = options.contacts;
    publishers_.body_bytes = options.body_bytes;
    publishers_.publisher = wire_.address(Wire::kPublishers);
    watchers_scene_ = publishers_;
}

void Load::run() {
    figures_.resident_bytes_empty = server_.resident_bytes();
    const auto publish = [this] { return publish_next(); };
    const auto subscribe = [this] { return subscribe_next(); };
    run_stage("initial", publications_.size(), options_.set_up_rate, publish);
    if (!watchers_.empty()) {
        run_stage("subscribe", watchers_.size(), options_.set_up_rate, subscribe);
    }
    subscribed_ = true;
    if (options_.warm_up > 0) run_stage("warm-up", options_.warm_up, options_.rate, publish);
    if (options_.publishes > 0) run_stage("change", options_.publishes, options_.rate, publish);
    let_pass(std::max(options_.quiet, 0.2));
    figures_.resident_bytes_quiet = server_.resident_bytes();
    count_lagging();
}

void Load::run_stage(
    const std::string& name,
    std::uint64_t count,
    double rate,
    const std::function<bool()>& next
) {
    stage_ = Stage{};
    stage_.name = name;
    const double cpu = server_.cpu_seconds();
    const Clock::time_point start = Clock::now();
    Clock::time_point progress = start;
    std::uint64_t sent = 0;
    while (stage_.requests < count) {
        const std::uint64_t before = stage_.requests;
        now_ = Clock::now();
        std::uint64_t allowed = stage_.requests + options_.window;
        if (rate > 0) {
            const double passed = std::chrono::duration<double>(now_ - start).count();
            allowed = static_cast<std::uint64_t>(passed * rate) + 1;
        }
        while (sent < std::min(allowed, count) && next()) ++sent;
        turn(rate > 0 ? 0 : 5);
        if (stage_.requests > before) progress = now_;
        if (now_ - progress > kPatience) throw std::runtime_error(name + ": no progress");
    }
    stage_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    stage_.cpu_seconds = server_.cpu_seconds() - cpu;
    stage_.resident_bytes = server_.resident_bytes();
    figures_.stages.push_back(std::move(stage_));
}

void Load::let_pass(double seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end) turn(5);
}

void Load::turn(int milliseconds) {
    wire_.flush();
    wire_.receive(milliseconds, [this](std::size_t link, std::string_view bytes) {
        handle(link, bytes);
    });
    now_ = Clock::now();
    repeat_unanswered(now_);
}

/// The next AOR in turn whose last PUBLISH is done; false if the one in turn is not, nor any of
/// the few behind it.
bool Load::publish_next() {
    for (int tries = 0; tries < 16; ++tries) {
        const std::uint32_t aor = next_aor_;
        next_aor_ = (next_aor_ + 1) % options_.aors;
        Publication& publication = publications_[aor];
        if (!publication.done) continue;
        publication.done = false;
        publication.answered = false;
        ++publication.cseq;
        ++publication.state;
        publication.behind = subscribed_ ? options_.watchers : 0;
        publication.sent_at = now_;
        send_publish(aor);
        if (!options_.tcp) pending_.push_back({now_ + 500ms, 500ms, aor, publication.cseq, false});
        return true;
    }
    return false;
}

bool Load::subscribe_next() {
    if (next_watcher_ == watchers_.size()) return false;
    const std::uint32_t watcher = next_watcher_++;
    watchers_[watcher].sent_at = now_;
    send_subscribe(watcher);
    if (!options_.tcp) pending_.push_back({now_ + 500ms, 500ms, watcher, 1, true});
    return true;
}

void Load::send_publish(std::uint32_t aor) {
    const Publication& publication = publications_[aor];
    text_.clear();
    write_publish(
        text_,
        publishers_,
        {.aor = aor, .cseq = publication.cseq, .state = publication.state, .etag = publication.etag}
    );
    figures_.publish.add(text_.size());
    wire_.send(Wire::kPublishers, text_);
}

void Load::send_subscribe(std::uint32_t watcher) {
    const std::size_t link = link_of(watcher);
    if (watchers_scene_.watcher.empty() || options_.connections > 1 || watcher == 0) {
        watchers_scene_.watcher = wire_.address(link);
    }
    text_.clear();
    write_subscribe(text_, watchers_scene_, {.watcher = watcher, .aor = aor_of_watcher(watcher)});
    figures_.subscribe.add(text_.size());
    wire_.send(link, text_);
}

/// Timer E, as any client would (RFC 3261 §17.1.2.2).
void Load::repeat_unanswered(Clock::time_point now) {
    while (!pending_.empty() && pending_.front().again_at <= now) {
        Pending again = pending_.front();
        pending_.pop_front();
        if (again.subscribes) {
            if (watchers_[again.index].answered) continue;
            send_subscribe(again.index);
        } else {
            const Publication& publication = publications_[again.index];
            if (publication.answered || publication.cseq != again.cseq) continue;
            send_publish(again.index);
        }
        ++figures_.requests_repeated;
        again.again_at = now + again.interval;
        pending_.push_back(again);
    }
}

void Load::handle(std::size_t link, std::string_view bytes) {
    const auto message = read_incoming(bytes);
    if (!message) {
        ++figures_.faults.malformed;
    } else if (message->is_notify) {
        handle_notify(link, *message, bytes.size());
    } else if (message->cseq_method == "PUBLISH") {
        handle_publish_response(*message, bytes.size());
    } else {
        handle_subscribe_response(*message, bytes.size());
    }
}

void Load::handle_publish_response(const Incoming& response, std::size_t size) {
    const auto aor = number_of(response.call_id, 'p');
    if (!aor || *aor >= publications_.size()) {
        ++figures_.faults.unasked;
        return;
    }
    Publication& publication = publications_[*aor];
    const bool repeated = publication.answered || response.cseq != publication.cseq;
    if (repeated || response.status < 200) return;
    figures_.publish_response.add(size);
    if (response.status >= 300 || response.etag.empty()) {
        ++figures_.faults.refused;
        publication.behind = 0;
    }
    publication.etag = response.etag;
    publication.answered = true;
    count_if_done(publication);
}

void Load::handle_subscribe_response(const Incoming& response, std::size_t size) {
    const auto index = number_of(response.call_id, 'w');
    if (!index || *index >= watchers_.size()) {
        ++figures_.faults.unasked;
        return;
    }
    Watcher& watcher = watchers_[*index];
    if (watcher.answered || response.status < 200) return;
    figures_.subscribe_response.add(size);
    watcher.answered = true;
    if (response.status >= 300) {
        ++figures_.faults.refused;
        watcher.cseq = 1;
    }
    count_if_done(watcher);
}

void Load::handle_notify(std::size_t link, const Incoming& notify, std::size_t size) {
    text_.clear();
    write_answer(text_, notify);
    wire_.send(link, text_);
    const auto index = number_of(notify.call_id, 'w');
    if (!index || *index >= watchers_.size()) {
        ++figures_.faults.unasked;
        return;
    }
    Watcher& watcher = watchers_[*index];
    if (notify.cseq <= watcher.cseq) {
        ++figures_.notifies_repeated;
        return;
    }
    if (watcher.cseq != 0 && notify.cseq != watcher.cseq + 1) ++figures_.faults.cseq_gaps;
    watcher.cseq = notify.cseq;
    if (!notify.subscription_state.starts_with("active;expires=")) ++figures_.faults.ended;
    figures_.notify.add(size);
    figures_.answer.add(text_.size());
    ++stage_.notifies;
    if (!notify.body.empty()) take_document(*index, notify.body);
    count_if_done(watcher);
}

void Load::take_document(std::uint32_t index, std::string_view body) {
    Watcher& watcher = watchers_[index];
    const std::uint32_t aor = aor_of_watcher(index);
    const auto told = read_document(body, aor, options_.contacts);
    if (!told) {
        ++figures_.faults.malformed;
        return;
    }
    if (options_.versions && told->version != watcher.version) ++figures_.faults.version_gaps;
    watcher.version = told->version + 1;
    if (told->state < watcher.state) ++figures_.faults.old_after_new;
    const bool news = told->state > watcher.state;
    watcher.state = told->state;
    if (!news || aor >= publications_.size()) return;
    Publication& publication = publications_[aor];
    if (told->state != publication.state || publication.behind == 0) return;
    --publication.behind;
    count_if_done(publication);
}

void Load::count_if_done(Publication& publication) {
    if (publication.done || !publication.answered || publication.behind > 0) return;
    publication.done = true;
    done(publication.sent_at);
}

void Load::count_if_done(Watcher& watcher) {
    if (watcher.done || !watcher.answered || watcher.cseq == 0) return;
    watcher.done = true;
    done(watcher.sent_at);
}

void Load::done(Clock::time_point sent_at) {
    ++stage_.requests;
    stage_.latencies.add(std::chrono::duration<double, std::micro>(Clock::now() - sent_at).count());
}

void Load::count_lagging() {
    for (std::uint32_t i = 0; i < watchers_.size(); ++i) {
        const std::uint32_t aor = aor_of_watcher(i);
        const std::uint32_t newest = aor < publications_.size() ? publications_[aor].state : 0;
        if (watchers_[i].state != newest) ++figures_.faults.not_newest;
    }
}

std::uint32_t Load::aor_of_watcher(std::uint32_t watcher) const {
    const std::uint32_t told = options_.aors * options_.watchers;
    return watcher < told ? watcher % options_.aors : options_.aors + (watcher - told);
}

std::size_t Load::link_of(std::uint32_t watcher) const {
    return Wire::kWatchers + (options_.tcp ? watcher % options_.connections : 0);
}

}  // namespace reginfo::bench
