// SPDX-License-Identifier: Apache-2.0
// ManagerLife: a seeded life of a process with several topics (flush mode and page cache,
// retention, compaction, deletion, truncation, restarts) on a simulated disk, and a model of what
// it acknowledged, for tests that break the disk at any moment of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "storage/test/log_rig.h"
#include "storage/test/manager_rig.h"

namespace barnabas::storage {

// What one topic may hold. Offsets are indexes.
struct TopicModel {
    Uuid id;
    bool created = false;  // and acknowledged; false again from the moment its deletion begins
    bool flushes = false;
    // Everything that was ever sent, by offset; a truncation that began makes another version.
    std::vector<std::vector<std::string>> versions{{}};
    Offset promised;  // everything below survives a loss of power (unless deleted on purpose)
    Offset start_sought;

    std::vector<std::string>& sent() { return versions.back(); }
};

inline bool is_compacted(const std::string& topic) {
    return topic.ends_with("compacted");
}
// Of what make_batch() wrote with keys: the record's number in its batch.
inline char key_of(const std::string& value) {
    return value.at(value.rfind('-') + 1);
}
using Model = std::map<std::string, TopicModel>;

class ManagerLife {
  public:
    ManagerLife(SimDisk& disk_, uint64_t seed) : disk(disk_), random(seed), rig(loop, disk_) {
        rig.options.flush_offset_checkpoint_interval_ms = 1'000;
        rig.options.flush_start_offset_checkpoint_interval_ms = 1'000;
        rig.options.high_watermark_checkpoint_interval_ms = 700;
        rig.options.retention_check_interval_ms = 1'500;
        rig.options.cleaner.backoff_ms = 400;
        rig.options.cleaner.dedupe_buffer_bytes = 1 << 16;
        configure(rig, model);
    }

    static void configure(ManagerRig& rig, const Model& model) {
        rig.config_of = [](const std::string& topic) {
            LogConfig config;
            config.segment_bytes = 700;
            config.file_delete_delay_ms = 900;
            config.flush_messages = topic.starts_with("flush") ? 1 : 1'000'000;
            config.retention_bytes = topic.ends_with("kept") ? -1 : 2'500;
            config.retention_ms = -1;
            config.cleanup_compact = is_compacted(topic);
            config.cleanup_delete = !config.cleanup_compact;
            config.min_cleanable_dirty_ratio = 0.1;
            return config;
        };
        rig.wanted = [&model](const TopicPartition& of, const Uuid& id) {
            const auto found = model.find(of.topic);
            return found != model.end() && found->second.id == id;
        };
    }

    bool start() {
        if (!rig.start().has_value()) return false;
        rig.manager->start_background();
        return true;
    }

    // False when the process cannot go on.
    bool step() {
        const uint64_t what = random.below(24);
        if (what < 12) return append_burst();
        if (what < 14) return flush();
        if (what < 17) return let_time_pass();
        if (what == 17) return delete_records();
        if (what == 18) return truncate();
        if (what < 21) return create_or_delete("flush-coming-and-going");
        if (what == 21) return create_or_delete("page-coming-and-going");
        if (what == 22) return restart();
        return create("flush-kept") && create("page-kept") && create("flush-short") &&
               create("page-short") && create("flush-compacted") && create("page-compacted");
    }

    bool create(const std::string& name) {
        TopicModel& topic = model[name];
        if (topic.created) return true;
        topic = TopicModel{};
        topic.id = random.uuid();
        topic.flushes = name.starts_with("flush");
        topic.created = rig.log(of(name), topic.id).has_value();
        return true;
    }

    LogHandle* find(const std::string& name) {
        if (!model[name].created) return nullptr;
        const auto handle = rig.manager->find(of(name));
        return handle == nullptr || handle->offline() ? nullptr : handle.get();
    }
    // Of compaction, by all managers so far.
    uint64_t rounds() const { return rounds_ + rig.manager->cleaner().rounds; }
    static TopicPartition of(const std::string& name) { return partition_of(name.c_str(), 0); }

    SimDisk& disk;
    Random random;
    SimLoop loop;
    Model model;
    ManagerRig rig;
    size_t acknowledged = 0;

  private:
    struct Running {
        std::string topic;
        std::vector<std::string> values;
        Task<AppendResult> task;
    };

    std::string some_topic() {
        auto at = model.begin();
        std::advance(at, static_cast<ptrdiff_t>(random.below(model.size())));
        return at->first;
    }

    // Several appends are on their way at once, so that flushes are shared.
    bool append_burst() {
        if (model.empty()) return create("flush-kept");
        std::vector<Running> running;
        for (uint64_t i = 1 + random.below(4); i > 0; --i) {
            const std::string name = some_topic();
            LogHandle* const handle = find(name);
            if (handle == nullptr) continue;
            // After a failure it may be unknown what is where: nothing more is sent.
            const auto end = static_cast<size_t>(handle->snapshot()->end_offset.value);
            const bool known = model[name].sent().size() == end;
            const auto same = [&](const Running& one) { return one.topic == name; };
            if (!known && std::ranges::none_of(running, same)) continue;
            BatchSpec spec{.records = 1 + static_cast<int>(random.below(3)),
                           .value_size = random.below(160),
                           .timestamp_ms = loop.clock().wall_ms(),
                           .keyed = is_compacted(name)};
            spec.tag = name + "-" + std::to_string(counter_++) + "-";
            AppendRequest request = make_request(make_batch(spec));
            request.now_ms = spec.timestamp_ms;
            std::vector<std::string> values;
            for (const ReadRecord& record : records_of(request.records))
                values.push_back(record.value);
            running.push_back({name, std::move(values), handle->append(std::move(request))});
        }
        std::map<std::string, std::vector<std::string>> only_acknowledged;
        for (const auto& one : running) only_acknowledged[one.topic] = model[one.topic].sent();
        for (auto& [name, values, task] : running) {
            TopicModel& topic = model[name];
            topic.sent().insert(topic.sent().end(), values.begin(), values.end());
        }
        for (auto& [name, values, task] : running) {
            const AppendResult result = loop.run_until_done(std::move(task));
            if (result.error != ErrorCode::none) continue;
            TopicModel& topic = model[name];
            ++acknowledged;
            auto& kept = only_acknowledged[name];
            kept.insert(kept.end(), values.begin(), values.end());
            if (topic.flushes) topic.promised = std::max(topic.promised, result.last_offset + 1);
        }
        // What failed may be in the log or not.
        for (auto& [name, kept] : only_acknowledged) {
            if (kept.size() != model[name].sent().size())
                model[name].versions.push_back(std::move(kept));
        }
        return true;
    }

    bool flush() {
        for (auto& [name, topic] : model) {
            LogHandle* const handle = find(name);
            if (handle == nullptr) continue;
            const Offset end = handle->snapshot()->end_offset;
            if (loop.run_until_done(handle->flush()))
                topic.promised = std::max(topic.promised, end);
        }
        return true;
    }

    // Checkpoints, retention, deletion of files.
    bool let_time_pass() {
        for (auto& [name, topic] : model) {
            LogHandle* const handle = find(name);
            if (handle != nullptr) handle->set_high_watermark(handle->snapshot()->end_offset);
        }
        loop.run_for(std::chrono::milliseconds(200 + random.below(2'500)));
        return true;
    }

    bool delete_records() {
        if (model.empty()) return true;
        const std::string name = some_topic();
        LogHandle* const handle = find(name);
        if (handle == nullptr) return true;
        TopicModel& topic = model[name];
        const auto snapshot = handle->snapshot();
        const Offset to = std::min(snapshot->end_offset, snapshot->log_start_offset +
                                                             static_cast<int64_t>(random.below(9)));
        topic.start_sought = std::max(topic.start_sought, to);
        (void)loop.run_until_done(handle->advance_log_start(to));
        return true;
    }

    bool truncate() {
        LogHandle* const handle = find("page-kept");
        if (handle == nullptr) return true;
        TopicModel& topic = model["page-kept"];
        const auto size = static_cast<int64_t>(topic.sent().size());
        if (size == 0) return true;
        const Offset to{size - std::min<int64_t>(size, static_cast<int64_t>(random.below(6)))};
        topic.promised = std::min(topic.promised, handle->snapshot()->log_start_offset);
        // A batch goes as a whole, so any end below may come out of it.
        if (!loop.run_until_done(handle->truncate_to(to))) return true;
        auto kept = topic.sent();
        kept.resize(static_cast<size_t>(handle->snapshot()->end_offset.value));
        topic.versions.push_back(std::move(kept));
        return true;
    }

    bool create_or_delete(const std::string& name) {
        TopicModel& topic = model[name];
        if (!topic.created) return create(name);
        topic.created = false;
        topic.id = random.uuid();  // what is on the disk is nobody's from now on
        (void)rig.remove(of(name));
        return true;
    }

    bool restart() {
        rounds_ = rounds();
        (void)rig.stop();
        return start();
    }

    int counter_ = 0;
    uint64_t rounds_ = 0;
};

// Whether `records` are what there may be of `sent` below `end`: all of it or, compacted, some of
// it, but of every key the last one.
inline bool is_prefix(const std::vector<ReadRecord>& records, const std::vector<std::string>& sent,
                      const LogSnapshot& log, bool compacted) {
    const auto end = static_cast<size_t>(log.end_offset.value);
    if (end > sent.size()) return false;
    std::map<char, size_t> last, found;
    for (const ReadRecord& record : records) {
        const auto at = static_cast<size_t>(record.offset.value);
        if (at >= end || sent[at] != record.value) return false;
        if (compacted) found[key_of(record.value)] = at;
    }
    if (!compacted) return records.size() == end - static_cast<size_t>(log.log_start_offset.value);
    for (auto at = static_cast<size_t>(log.log_start_offset.value); at < end; ++at)
        last[key_of(sent[at])] = at;
    return found == last;
}

// Appends a record of the topic's kind.
inline AppendResult append_one(ManagerRig& rig, LogHandle& handle, const std::string& name) {
    BatchSpec spec;
    spec.keyed = is_compacted(name);
    auto appending = handle.append(make_request(make_batch(spec)));
    return rig.loop.run_until_done(std::move(appending));
}

// What a start finds, held against the model: every promised record, and of each topic a prefix of
// what was sent to it.
inline void expect_recovered(ManagerRig& rig, const Model& model,
                             std::map<std::string, std::vector<ReadRecord>>& found) {
    for (const auto& [name, topic] : model) {
        if (!topic.created) continue;
        const auto handle = rig.manager->find(ManagerLife::of(name));
        ASSERT_NE(handle, nullptr) << name;
        ASSERT_FALSE(handle->offline()) << name;
        const LogSnapshot& log = *handle->snapshot();
        ASSERT_GE(log.end_offset, topic.promised) << name << ": acknowledged records are lost";
        ASSERT_LE(log.log_start_offset, std::max(topic.start_sought, Offset{0})) << name;
        auto records = read_records(log);
        std::erase_if(records,
                      [&](const ReadRecord& r) { return r.offset < log.log_start_offset; });
        const auto matches = [&](const std::vector<std::string>& sent) {
            return is_prefix(records, sent, log, is_compacted(name));
        };
        ASSERT_TRUE(std::ranges::any_of(topic.versions, matches))
            << name << ": not a prefix of what was sent";
        found[name] = std::move(records);
    }
}

}  // namespace barnabas::storage
