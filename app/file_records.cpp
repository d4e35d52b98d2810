#include "app/file_records.hpp"

#include "core/storage/sqlite_error.hpp"
#include "core/storage/store_error.hpp"

namespace reginfo {

bool FileRecords::holds_records() {
    const LoadReport found = file_.load([](const StoredRecord&) { return true; });
    return found.aors + found.dialogs > 0;
}

void FileRecords::write(const std::vector<Write>& writes) {
    const RecordFile::Batch batch{writes, file_.clock().read()};
    try {
        file_.write({&batch, 1});
    } catch (const SqliteError& error) {
        fail(file_.path(), error);
    }
}

}  // namespace reginfo
