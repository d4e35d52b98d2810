/// @file
/// The store in a file as the service uses it, with its lines in the log.
#pragma once

#include "app/config.hpp"
#include "app/log.hpp"
#include "app/service_storage.hpp"
#include "core/storage/sqlite_store.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace reginfo {

class SqliteStorage final : public ServiceStorage {
public:
    /// @param io, log  must outlive this
    /// @throw StoreError  the file cannot be opened
    SqliteStorage(
        boost::asio::io_context& io,
        const Config& config,
        Log& log,
        StorageAccess access
    );

    Store& store() override { return *store_; }
    void restore() override;
    void start() override { access_.serve(); }
    void leave() override {}
    void stop() override {}
    bool has_state() const override { return true; }
    bool may_speak() const override { return true; }
    std::string unready_because() const override;

private:
    void handle_answers();
    void tell_trouble();

    Log& log_;
    StorageAccess access_;
    std::string file_;
    std::unique_ptr<SqliteStore> store_;
    bool has_trouble_ = false;  ///< as was logged
};

}  // namespace reginfo
