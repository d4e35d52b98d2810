#include "app/state_tool.hpp"

#include "app/location_dump.hpp"
#include "app/state_lines.hpp"
#include "core/event/import.hpp"
#include "core/event/record_codec.hpp"
#include "core/reginfo/reader.hpp"
#include "core/transaction/transaction_record.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace reginfo {
namespace {

constexpr std::size_t kBatch = 1000;

bool is_readable(const StoredRecord& record) {
    const RecordTime time{TimePoint{}, record.age};
    switch (record.bucket) {
        case Bucket::aor:
            return decode_aor(record.key, record.value, time).has_value();
        case Bucket::dialog:
            return decode_dialog(record.value, time).has_value();
        case Bucket::transaction:
            return parse_transaction_key(record.key) && decode_transaction(record.value);
    }
    return false;
}

Stamp milliseconds(Duration duration) {
    return std::chrono::floor<std::chrono::milliseconds>(duration).count();
}

/// Collects writes and hands them on in batches.
class Writer {
public:
    explicit Writer(RecordFile& file) : file_(file) {}

    void add(Write write, Stamp stamp) {
        writes_.push_back(std::move(write));
        stamps_.push_back(stamp);
        if (writes_.size() >= kBatch) flush();
    }

    void flush() {
        std::vector<RecordFile::Batch> batches;
        for (std::size_t i = 0; i < writes_.size(); ++i) {
            batches.push_back({{&writes_[i], 1}, stamps_[i]});
        }
        try {
            if (!batches.empty()) file_.write(batches);
        } catch (const SqliteError& error) {
            throw StoreError(file_.path() + " cannot be written: " + error.what());
        }
        writes_.clear();
        stamps_.clear();
    }

private:
    RecordFile& file_;
    std::vector<Write> writes_;
    std::vector<Stamp> stamps_;
};

}  // namespace

void dump_state(const RecordFileOptions& options, std::ostream& out) {
    RecordFile file(options);
    out << head_line(file.hash_seed()) << "\n";
    const Stamp now = file.clock().read();
    file.load([&](const StoredRecord& record) {
        out << line_of(record, now - milliseconds(record.age)) << "\n";
        return true;
    });
    out.flush();
    if (!out) throw StoreError("the dump cannot be written");
}

std::size_t load_state(const RecordFileOptions& options, std::istream& in) {
    std::size_t number = 1;
    try {
        std::string text;
        std::getline(in, text);
        const std::uint64_t seed = parse_head_line(text);
        RecordFile file(options);
        const LoadReport before = file.load([](const StoredRecord&) { return true; });
        if (before.aors + before.dialogs > 0) {
            throw StoreError(
                options.path +
                " holds records already; load into another directory, or move it away"
            );
        }
        file.keep_hash_seed(seed);
        Writer writer(file);
        while (std::getline(in, text)) {
            ++number;
            StateLine line = parse_state_line(text);
            writer.add(std::move(line.write), line.written);
        }
        writer.flush();
        return number - 1;
    } catch (const StateLineError& error) {
        throw StoreError("line " + std::to_string(number) + " of the dump: " + error.what());
    }
}

bool check_state(const RecordFileOptions& options, std::ostream& out) {
    RecordFile file(options);
    const std::vector<std::string> problems = file.check();
    for (const std::string& problem : problems) out << problem << "\n";
    LoadReport report;
    try {
        report = file.load(is_readable);
    } catch (const StoreError& error) {
        out << error.what() << "\n";
        return false;
    }
    out << report.aors << " AORs, " << report.dialogs << " dialogs, " << report.transactions
        << " transactions, " << report.unreadable << " unreadable\n";
    return problems.empty() && report.unreadable == 0;
}

std::size_t import_state(
    const RecordFileOptions& options,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
) {
    const std::string json(std::istreambuf_iterator<char>(in), {});
    const LocationDump dump = read_location_dump(json, domain);
    boost::unordered_flat_map<std::string, std::pair<std::string, Duration>> existing;
    for (const auto& [aor, document] : dump.documents) {
        if (const auto key = aor_key_of(aor)) existing.try_emplace(*key);
    }
    RecordFile file(options);
    file.load([&](const StoredRecord& record) {
        const auto at = existing.find(std::string(record.key));
        if (record.bucket == Bucket::aor && at != existing.end()) {
            at->second = {std::string(record.value), record.age};
        }
        return true;
    });
    std::random_device chance;
    Writer writer(file);
    std::size_t imported = 0;
    for (const auto& [aor, text] : dump.documents) {
        const auto key = aor_key_of(aor);
        auto document = read_document(text, {});
        if (!key || !document) {
            out << "skipped " << aor << ": "
                << (key ? document.error().reason : std::string("no address-of-record")) << "\n";
            continue;
        }
        const auto& [value, age] = existing[*key];
        const EntityTag etag = std::uint64_t{chance()} << 32U | chance();
        auto record = import_record(*key, value, {TimePoint{}, age}, etag, *document);
        if (!record) {
            out << "skipped " << aor << ": what is stored of it cannot be read\n";
            continue;
        }
        writer.add({Bucket::aor, *key, std::move(record)}, file.clock().read());
        ++imported;
    }
    writer.flush();
    out << imported << " AORs with " << dump.contacts << " contacts imported, " << dump.skipped
        << " contacts had expired\n";
    return imported;
}

}  // namespace reginfo
