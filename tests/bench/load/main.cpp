/// @file
/// The load generator and checker.

#include "tests/bench/load/load.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    reginfo::bench::Options options;
    CLI::App app{"Publishes to a SIP event server, watches, and checks every NOTIFY."};
    app.add_option("--port", options.port, "of the server on 127.0.0.1")->required();
    app.add_flag("--tcp", options.tcp, "instead of UDP");
    app.add_option("--connections", options.connections, "of watchers, over TCP");
    app.add_option("--pid", options.pid, "the root of the server's process tree");
    app.add_option("--aors", options.aors);
    app.add_option("--watchers", options.watchers, "of each AOR");
    app.add_option("--idle", options.idle, "more AORs with one watcher each and nothing published");
    app.add_option("--contacts", options.contacts, "in each document");
    app.add_option("--body-bytes", options.body_bytes, "of a document with one contact");
    app.add_option("--publishes", options.publishes, "that are measured");
    app.add_option("--warm-up", options.warm_up, "PUBLISHes before that");
    app.add_option("--rate", options.rate, "PUBLISHes a second; 0: as fast as they are done");
    app.add_option("--set-up-rate", options.set_up_rate, "the same, initial ones and SUBSCRIBEs");
    app.add_option("--window", options.window, "requests not yet done, without a rate");
    app.add_option("--quiet", options.quiet, "seconds until memory is looked at again");
    app.add_flag("--versions,!--no-versions", options.versions, "documents are numbered by one");
    app.add_option("--json", options.json, "file for the figures");
    CLI11_PARSE(app, argc, argv);
    try {
        reginfo::bench::Load load(options);
        load.run();
        print_table(load.figures());
        write_json(options, load.figures());
        return load.figures().faults.total() == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "load: " << error.what() << "\n";
        return 2;
    }
}
