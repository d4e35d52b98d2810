#include "app/state_tool.hpp"

#include "app/location_dump.hpp"
#include "app/state_lines.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/persistence/location_import.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/reginfo/reader.hpp"
#include "core/storage/store_error.hpp"
#include "core/transaction/transaction_record.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cerrno>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

bool is_readable(const StoredRecord& record) {
    const RecordTime time{TimePoint{}, record.age};
    switch (record.bucket) {
        case Bucket::aor:
            return decode_aor(record.key, record.value, time).has_value();
        case Bucket::dialog:
            return decode_dialog(record.value, time).has_value();
        case Bucket::transaction:
            return parse_transaction_key(record.key) && decode_transaction(record.value);
        case Bucket::unsettled:
            return is_unsettled_key(record.key);
    }
    return false;
}

/// "1 record", "2 records".
std::string counted(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

Stamp milliseconds(Duration duration) {
    return std::chrono::floor<std::chrono::milliseconds>(duration).count();
}

/// Writes lines, and remembers why that failed at first.
class LineWriter {
public:
    explicit LineWriter(std::ostream& out) : out_(out) {}

    void write(const std::string& line) {
        errno = 0;
        out_ << line << "\n";
        note();
    }

    /// @throw StoreError  some line could not be written
    void finish() {
        errno = 0;
        out_.flush();
        note();
        if (out_) return;
        throw StoreError(
            "the dump cannot be written: " + std::generic_category().message(why_) +
            "; what is there of it cannot be loaded"
        );
    }

private:
    void note() {
        if (!out_ && why_ == 0) why_ = errno != 0 ? errno : EIO;
    }

    std::ostream& out_;
    int why_ = 0;
};

[[noreturn]] void refuse_dump(const std::string& why) {
    throw StoreError(
        why + "; nothing was loaded: take a whole one as \"reginfod state dump\" writes it"
    );
}

/// What `parse` makes of a line.
template <class Parsed>
Parsed parse_line(
    Parsed (*parse)(const std::string&),
    const std::string& line,
    std::size_t number
) {
    try {
        return parse(line);
    } catch (const StateLineError& error) {
        refuse_dump("line " + std::to_string(number) + " of the dump " + error.what());
    }
}

/// Reads a dump from its first line to its last, which have to be there.
class LineReader {
public:
    explicit LineReader(std::istream& in) : in_(in) {
        if (!next_line()) refuse_dump("the dump is empty");
        head_ = parse_line(parse_head_line, line_, number_);
    }

    const StateHead& head() const { return head_; }
    std::size_t records() const { return records_; }

    /// Nothing behind the last one. @throw StoreError
    std::optional<RecordFile::Stamped> next() {
        if (!std::exchange(head_.has_unsettled, true)) {
            Write all{Bucket::unsettled, std::string(kAllUnsettled), std::string()};
            return RecordFile::Stamped{std::move(all), 0};
        }
        const bool found = next_line();
        if (!found && !head_.has_tail) return std::nullopt;
        if (!found)
            refuse_dump("the dump ends with line " + std::to_string(number_) + " and is cut off");
        if (head_.has_tail && is_tail_line(line_)) return finish();
        ++records_;
        StateLine line = parse_line(parse_state_line, line_, number_);
        return RecordFile::Stamped{std::move(line.write), line.written};
    }

private:
    bool next_line() {
        if (!std::getline(in_, line_)) return false;
        ++number_;
        return true;
    }

    std::nullopt_t finish() {
        const std::size_t said = parse_line(parse_tail_line, line_, number_);
        if (said != records_) {
            refuse_dump(
                "the dump has " + counted(records_, "record") + ", and its last line says " +
                std::to_string(said)
            );
        }
        if (next_line())
            refuse_dump(
                "the dump goes on in line " + std::to_string(number_) + " behind its last one"
            );
        return std::nullopt;
    }

    std::istream& in_;
    std::string line_;
    std::size_t number_ = 0;
    StateHead head_;
    std::size_t records_ = 0;
};

/// What is stored of the AORs of a dump, with its age.
using Known = boost::unordered_flat_map<std::string, std::pair<std::string, Duration>>;

Known load_known(RecordPlace& place, const LocationDump& dump) {
    Known known;
    for (const auto& [aor, document] : dump.documents) known.try_emplace(aor);
    place.load([&](const StoredRecord& record) {
        const auto at = known.find(std::string(record.key));
        if (record.bucket == Bucket::aor && at != known.end()) {
            at->second = {std::string(record.value), record.age};
        }
        return true;
    });
    return known;
}

std::size_t contacts_of(const Document& document) {
    std::set<std::string_view> identities;
    for (const Contact& contact : document.registrations.front().contacts) {
        identities.insert(contact.identity);
    }
    return identities.size();
}

}  // namespace

void dump_state(RecordPlace& place, std::ostream& out) {
    LineWriter lines(out);
    lines.write(head_line(place.hash_seed()));
    // Of the wall clock: a dump may be loaded elsewhere.
    const Stamp now = Clocks::now().wall;
    std::size_t records = 0;
    std::string damage;
    try {
        const LoadReport report = place.load([&](const StoredRecord& record) {
            lines.write(line_of(record, now - milliseconds(record.age)));
            ++records;
            return true;
        });
        if (report.damaged > 0) {
            damage = place.name() + " has " + counted(report.damaged, "damaged record") +
                     ", the first: " + report.findings.front();
        }
    } catch (const DamagedError& error) {
        damage = error.found();
    }
    lines.write(tail_line(records));
    lines.finish();
    if (damage.empty()) return;
    throw StoreError(
        damage + "; what can be read, " + counted(records, "record") +
        ", is in the dump, which can be loaded"
    );
}

void load_state(const OpenPlace& open, std::istream& in, std::ostream& out) {
    LineReader lines(in);
    const std::unique_ptr<RecordPlace> place = open();
    if (place->holds_records()) {
        throw StoreError(place->name() + " holds records already; " + place->where_else());
    }
    place->fill(lines.head().hash_seed, [&] { return lines.next(); });
    out << counted(lines.records(), "record") << " loaded";
    if (!lines.head().has_tail) {
        out << "; whether the dump was whole cannot be told: an earlier version wrote it";
    }
    out << "\n";
}

bool check_state(RecordPlace& place, std::ostream& out) {
    const std::vector<std::string> problems = place.check();
    for (const std::string& problem : problems) out << problem << "\n";
    LoadReport report;
    try {
        report = place.load(is_readable);
    } catch (const DamagedError& error) {
        out << error.found() << "\n";
        return false;
    }
    for (const std::string& finding : report.findings) out << finding << "\n";
    if (report.missing > 0) {
        out << "the write-ahead log was cut short, and with it "
            << counted(report.missing, "acknowledged change") << "\n";
    }
    out << counted(report.aors, "AOR") << ", " << counted(report.dialogs, "dialog") << ", "
        << counted(report.transactions, "transaction") << ", " << report.unreadable
        << " unreadable, " << report.damaged << " damaged\n";
    return problems.empty() && report.is_whole();
}

void import_state(
    const OpenPlace& open,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
) {
    const std::string json(std::istreambuf_iterator<char>(in), {});
    const LocationDump dump = read_location_dump(json, domain);
    for (const std::string& aor : dump.strangers) {
        out << "skipped " << aor << ": it is no address-of-record\n";
    }
    const std::unique_ptr<RecordPlace> place = open();
    const Known known = load_known(*place, dump);
    std::random_device chance;
    std::vector<Write> writes;
    std::size_t imported = 0;
    std::size_t contacts = 0;
    for (const auto& [aor, text] : dump.documents) {
        auto document = read_document(text, {});
        if (!document) {
            out << "skipped " << aor << ": " << document.error().reason << "\n";
            continue;
        }
        if (document->left_out.any()) {
            out << "left out of " << aor << ": " << document->left_out.reason << "\n";
        }
        const auto& [value, age] = known.at(aor);
        const EntityTag etag = std::uint64_t{chance()} << 32U | chance();
        auto record = import_record(aor, value, {TimePoint{}, age}, etag, *document);
        if (!record) {
            out << "skipped " << aor << ": what is stored of it cannot be read\n";
            continue;
        }
        ++imported;
        contacts += contacts_of(*document);
        writes.push_back({Bucket::aor, aor, std::move(record)});
        writes.push_back(
            {Bucket::unsettled,
             unsettled_key(place->hash_seed(), UnsettledKind::aor, aor),
             std::string()}
        );
    }
    place->write(writes);
    out << counted(imported, "AOR") << " with " << counted(contacts, "contact") << " imported, "
        << counted(dump.expired, "contact") << " had expired\n";
}

}  // namespace reginfo
