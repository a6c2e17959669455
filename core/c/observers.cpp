// stet.h: events and undo.
#include <any>
#include <vector>

#include "support.hpp"

using namespace stet::c;
using stet::Any;
using stet::AnyArray;
using stet::AnyObject;
using stet::SharedType;

namespace {

void call(stet_on_events callback, void* context, std::span<const stet::Event> events) {
  std::vector<stet_event> shown;
  std::vector<const stet_event*> pointers;
  for (const stet::Event& event : events) shown.push_back({event});
  for (const stet_event& event : shown) pointers.push_back(&event);
  callback(context, pointers.data(), pointers.size());
}

stet::UndoOptions undo_options(const stet_undo_options& from) {
  stet::UndoOptions options;
  options.capture_timeout_ms = from.capture_timeout_ms;
  options.ignore_remote_map_changes = from.ignore_remote_map_changes;
  if (from.tracked_origin_count > 0) options.tracked_origins.clear();
  for (std::size_t i = 0; i < from.tracked_origin_count; ++i) {
    options.tracked_origins.emplace(raw_text(from.tracked_origins[i]));
  }
  void* context = from.context;
  if (from.clock_ms) options.clock_ms = [context, clock_ms = from.clock_ms] { return clock_ms(context); };
  if (from.capture) {
    options.capture = [context, capture = from.capture](const stet::TransactionInfo& info) {
      const stet_transaction ended = transaction(info);
      return capture(context, &ended);
    };
  }
  if (from.may_delete) {
    options.may_delete = [context, may_delete = from.may_delete](const stet::UndoDeletion& deletion) {
      const stet_view key = deletion.key ? view(*deletion.key) : stet_view{};
      const stet_type held = deletion.type ? type(*deletion.type) : stet_type{};
      return may_delete(context, type(deletion.parent), deletion.key ? &key : nullptr, deletion.type ? &held : nullptr);
    };
  }
  return options;
}

}  // namespace

extern "C" {

// --- events ---

stet_status stet_type_observe(stet_type type, stet_on_events callback, void* context,
                              stet_subscription** subscription) {
  return guard([&] {
    put(subscription,
        as<SharedType>(type).observe([=](const stet::Event& event) { call(callback, context, std::span(&event, 1)); }));
  });
}

stet_status stet_type_observe_deep(stet_type type, stet_on_events callback, void* context,
                                   stet_subscription** subscription) {
  return guard([&] {
    put(subscription, as<SharedType>(type).observe_deep(
                          [=](std::span<const stet::Event> events) { call(callback, context, events); }));
  });
}

stet_transaction stet_event_transaction(const stet_event* event) { return transaction(event->event.transaction()); }
stet_type stet_event_target(const stet_event* event) { return type(event->event.target()); }

stet_status stet_event_path(const stet_event* event, stet_buffer* json) {
  return guard([&] {
    AnyArray path;
    for (const auto& step : event->event.path()) {
      if (const auto* key = std::get_if<std::string>(&step)) {
        path.emplace_back(*key);
      } else {
        path.emplace_back(static_cast<double>(std::get<std::uint64_t>(step)));
      }
    }
    put(json, Any(std::move(path)).to_json());
  });
}

stet_status stet_event_delta(const stet_event* event, stet_buffer* json) {
  return guard([&] { put(json, delta_to_json(event->event.delta(), !event->event.of_text())); });
}

stet_status stet_event_keys(const stet_event* event, stet_buffer* json) {
  constexpr const char* actions[] = {"add", "update", "delete"};
  return guard([&] {
    AnyObject keys;
    for (const stet::Event::KeyChange& change : event->event.keys()) {
      keys.emplace_back(change.key, AnyObject{{"action", actions[static_cast<std::size_t>(change.action)]},
                                              {"oldValue", change.old_value}});
    }
    put(json, Any(std::move(keys)).to_json());
  });
}

// --- undo ---

stet_status stet_undo_new(stet_doc* doc, const stet_type* scope, size_t count, const stet_undo_options* options,
                          stet_undo** undo) {
  return guard([&] {
    stet::UndoOptions chosen = undo_options(options ? *options : stet_undo_options{});
    if (count == 0) {
      *undo = new stet_undo{stet::UndoManager(doc->doc, std::move(chosen))};
      return;
    }
    std::vector<SharedType> types;
    for (std::size_t i = 0; i < count; ++i) types.push_back(as<SharedType>(scope[i]));
    *undo = new stet_undo{stet::UndoManager(doc->doc, types, std::move(chosen))};
  });
}

void stet_undo_free(stet_undo* undo) { delete undo; }

stet_status stet_undo_undo(stet_undo* undo, bool* done) {
  return guard([&] {
    const bool any = undo->manager.undo();
    if (done) *done = any;
  });
}

stet_status stet_undo_redo(stet_undo* undo, bool* done) {
  return guard([&] {
    const bool any = undo->manager.redo();
    if (done) *done = any;
  });
}

bool stet_undo_can_undo(const stet_undo* undo) { return undo->manager.can_undo(); }
bool stet_undo_can_redo(const stet_undo* undo) { return undo->manager.can_redo(); }

stet_status stet_undo_clear(stet_undo* undo, bool undo_stack, bool redo_stack) {
  return guard([&] { undo->manager.clear(undo_stack, redo_stack); });
}

void stet_undo_stop_capturing(stet_undo* undo) { undo->manager.stop_capturing(); }

stet_status stet_undo_add_to_scope(stet_undo* undo, stet_type type) {
  return guard([&] { undo->manager.add_to_scope(as<SharedType>(type)); });
}

stet_view stet_undo_origin(const stet_undo* undo) { return view(undo->manager.origin()); }

stet_status stet_undo_on(stet_undo* undo, stet_undo_change change, stet_on_undo callback, void* context,
                         stet_subscription** subscription) {
  return guard([&] {
    const auto run = [=](const stet::UndoEvent& event) {
      stet_undo_event shown{event};
      callback(context, &shown);
    };
    switch (change) {
      case STET_UNDO_ADDED:
        return put(subscription, undo->manager.on_added(run));
      case STET_UNDO_UPDATED:
        return put(subscription, undo->manager.on_updated(run));
      case STET_UNDO_POPPED:
        return put(subscription, undo->manager.on_popped(run));
    }
    require(false, "no such change of a step");
  });
}

bool stet_undo_event_on_undo_stack(const stet_undo_event* event) { return event->event.stack == stet::UndoStack::undo; }
stet_view stet_undo_event_origin(const stet_undo_event* event) { return view(event->event.origin); }

stet_status stet_undo_event_set_note(stet_undo_event* event, stet_view key, stet_view note) {
  return guard([&] { event->event.metadata[std::string(raw_text(key))] = std::string(raw_text(note)); });
}

stet_status stet_undo_event_note(const stet_undo_event* event, stet_view key, stet_buffer* note) {
  return guard([&] {
    const auto found = event->event.metadata.find(std::string(raw_text(key)));
    const bool there = found != event->event.metadata.end();
    put(note, there ? std::string_view(std::any_cast<const std::string&>(found->second)) : std::string_view());
  });
}

}  // extern "C"
