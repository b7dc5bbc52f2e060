//! Who may do what: a row for each operation. Data, not code; `<names>` are those of the world.

/// An operation as somebody calls it, and the status that each caller of [`CALLERS`] gets.
pub struct Row {
    pub operation: &'static str,
    /// Address; a `<name>` stands for an id of the world.
    pub at: &'static str,
    /// JSON body, or nothing.
    pub body: &'static str,
    pub expected: [u16; 9],
}

/// Visitor; signed in without any role; viewer, editor and owner of the group; coordinator and broker of its network; coordinator
/// of another network; owner of another group of the same network.
pub const CALLERS: [&str; 9] =
    ["visitor", "stranger", "viewer", "editor", "owner", "coordinator", "broker", "foreign_coordinator", "other_owner"];

/// Everybody gets this.
const fn all(status: u16) -> [u16; 9] {
    [status; 9]
}

/// Everybody who is signed in gets this.
const fn signed_in(status: u16) -> [u16; 9] {
    let s = status;
    [401, s, s, s, s, s, s, s, s]
}

/// Members of the public group from this role on get this.
const fn viewers(status: u16) -> [u16; 9] {
    let s = status;
    [401, 403, s, s, s, 403, 403, 403, 403]
}
const fn editors(status: u16) -> [u16; 9] {
    [401, 403, 403, status, status, 403, 403, 403, 403]
}
const fn owners(status: u16) -> [u16; 9] {
    [401, 403, 403, 403, status, 403, 403, 403, 403]
}

/// Staff of the network get this.
const fn staff(status: u16) -> [u16; 9] {
    [401, 403, 403, 403, 403, status, status, 403, 403]
}
const fn coordinators(status: u16) -> [u16; 9] {
    [401, 403, 403, 403, 403, status, 403, 403, 403]
}

/// Members of the group and staff of its network get this, of an open listing.
const fn insiders(status: u16) -> [u16; 9] {
    let s = status;
    [401, 403, s, s, s, s, s, 403, 403]
}

/// Who acts for the giver of an exchange gets this; its viewers and its network's staff may know of it.
const fn giver(status: u16) -> [u16; 9] {
    [401, 404, 403, status, status, 403, 403, 404, 404]
}

const fn row(operation: &'static str, at: &'static str, body: &'static str, expected: [u16; 9]) -> Row {
    Row { operation, at, body, expected }
}

/// Everything that can be asked of the API.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    row("sign_up", "/v1/users", r#"{"email": "new@example.org", "password": "kettle-harbour-violin", "name": "New"}"#, all(202)),
    row("sign_in", "/v1/sessions", r#"{"email": "olwen@example.org", "password": "kettle-harbour-violin"}"#, all(201)),
    row("sign_in", "/v1/sessions", r#"{"email": "olwen@example.org", "password": "not-this-one-either"}"#, all(401)),
    row("refresh_session", "/v1/sessions/refresh", r#"{"refresh_token": "Yy3Qm0Xk5l1r8cV2nTqg7bJwZs4uHf9oPaE6iDxRtKM"}"#, all(401)),
    row("list_sessions", "/v1/sessions", "", signed_in(200)),
    row("end_all_sessions", "/v1/sessions", "", signed_in(204)),
    row("end_session", "/v1/sessions/current", "", signed_in(204)),
    row("end_session", "/v1/sessions/<session>", "", signed_in(404)),
    row("get_me", "/v1/users/me", "", signed_in(200)),
    row("update_me", "/v1/users/me", r#"{"name": "Somebody Else"}"#, signed_in(200)),
    row("delete_me", "/v1/users/me", r#"{"password": "kettle-harbour-violin"}"#, [401, 204, 204, 204, 409, 409, 204, 409, 204]),
    row("change_password", "/v1/users/me/password", r#"{"current_password": "kettle-harbour-violin", "new_password": "lantern-otter-tuesday"}"#, signed_in(204)),
    row("get_jwks", "/.well-known/jwks.json", "", all(200)),

    row("list_networks", "/v1/networks", "", all(200)),
    row("get_network", "/v1/networks/<network>", "", all(200)),
    row("update_network", "/v1/networks/<network>", r#"{"rules": "Be kind."}"#, coordinators(200)),
    row("list_staff", "/v1/networks/<network>/staff", "", staff(200)),
    row("set_staff_role", "/v1/networks/<network>/staff/<nobody>", r#"{"role": "broker"}"#, coordinators(200)),
    row("remove_staff", "/v1/networks/<network>/staff/<helper>", "", coordinators(204)),
    row("list_network_groups", "/v1/networks/<network>/groups", "", staff(200)),
    row("approve_group", "/v1/networks/<network>/groups/<waiting_group>/approve", "{}", coordinators(200)),
    row("ask_group_for_changes", "/v1/networks/<network>/groups/<waiting_group>/ask-changes", r#"{"reason": "Say where you meet."}"#, coordinators(200)),
    row("reject_group", "/v1/networks/<network>/groups/<waiting_group>/reject", r#"{"reason": "Nobody answers."}"#, coordinators(200)),
    row("suspend_group", "/v1/networks/<network>/groups/<group>/suspend", r#"{"reason": "Nobody answers."}"#, coordinators(200)),
    row("reinstate_group", "/v1/networks/<network>/groups/<suspended_group>/reinstate", "{}", coordinators(200)),

    row("list_groups", "/v1/groups", "", all(200)),
    row("create_group", "/v1/groups", r#"{"name": "Knitters", "locality": "hanley-stoke-on-trent", "network_id": "<network>"}"#, signed_in(201)),
    row("get_group", "/v1/groups/<group>", "", all(200)),
    row("get_group", "/v1/groups/<waiting_group>", "", [404, 404, 404, 404, 404, 200, 200, 404, 404]),
    row("update_group", "/v1/groups/<group>", r#"{"description": "New words"}"#, editors(200)),
    row("close_group", "/v1/groups/<group>", "", owners(204)),
    row("join_network", "/v1/groups/<group>/networks", r#"{"network_id": "<foreign_network>"}"#, owners(201)),
    row("invite_group", "/v1/networks/<network>/group-invitations", r#"{"name": "Bell ringers", "locality": "hanley-stoke-on-trent", "email": "bell@example.org"}"#, coordinators(201)),
    row("invite_group_again", "/v1/networks/<network>/groups/<invited_group>/invitation", "", coordinators(201)),
    row("resubmit_group", "/v1/groups/<group>/networks/<network>/resubmit", "", editors(409)),
    row("confirm_group", "/v1/groups/<group>/networks/<network>/still-here", "", editors(200)),
    row("list_members", "/v1/groups/<group>/members", "", viewers(200)),
    row("remove_member", "/v1/groups/<group>/members/<member>", "", owners(204)),
    row("change_member_role", "/v1/groups/<group>/members/<member>", r#"{"role": "editor"}"#, owners(200)),
    row("list_invitations", "/v1/groups/<group>/invitations", "", owners(200)),
    row("invite_member", "/v1/groups/<group>/invitations", r#"{"email": "rhys@example.org", "role": "viewer"}"#, owners(201)),
    row("revoke_invitation", "/v1/groups/<group>/invitations/<invitation>", "", owners(204)),
    row("accept_invitation", "/v1/invitations/accept", r#"{"code": "<strangers_code>"}"#, [401, 200, 404, 404, 404, 404, 404, 404, 404]),
    row("list_blocks", "/v1/groups/<group>/blocks", "", editors(200)),
    row("block_group", "/v1/groups/<group>/blocks/<other_group>", "", editors(204)),
    row("unblock_group", "/v1/groups/<group>/blocks/<other_group>", "", editors(204)),

    row("list_categories", "/v1/categories", "", all(200)),
    row("suggest_categories", "/v1/categories/suggest?title=two+old+settees", "", all(200)),
    row("get_category", "/v1/categories/<category>", "", all(200)),
    row("add_category", "/v1/networks/<network>/categories", r#"{"parent": "seating", "name": "Stall benches", "description": "Long ones"}"#, coordinators(201)),
    row("list_localities", "/v1/localities?q=Hanley", "", all(200)),
    row("find_nearest_locality", "/v1/localities/nearest?lat=53.02&lng=-2.18", "", all(200)),
    row("get_locality", "/v1/localities/<locality>", "", all(200)),
    row("add_sub_area", "/v1/networks/<network>/localities", r#"{"name": "Old Town", "parent": "hanley-stoke-on-trent", "lat": 53.031, "lng": -2.169}"#, coordinators(201)),

    row("list_group_listings", "/v1/groups/<group>/listings", "", viewers(200)),
    row("create_listing", "/v1/groups/<group>/listings", r#"{"kind": "want", "title": "A minibus"}"#, editors(201)),
    row("list_listings", "/v1/listings", "", all(200)),
    row("get_listing", "/v1/listings/<listing>", "", all(200)),
    row("get_listing", "/v1/listings/<draft>", "", [404, 404, 200, 200, 200, 200, 200, 404, 404]),
    row("update_listing", "/v1/listings/<listing>", r#"{"quantity": 30}"#, editors(200)),
    row("publish_listing", "/v1/listings/<draft>/publish", "", [401, 404, 403, 200, 200, 403, 403, 404, 404]),
    row("withdraw_listing", "/v1/listings/<listing>/withdraw", "", editors(200)),
    row("pause_listing", "/v1/listings/<listing>/pause", "", editors(200)),
    row("fulfil_listing", "/v1/listings/<listing>/fulfil", r#"{"words": "Gone to the school."}"#, editors(200)),
    row("list_listing_history", "/v1/listings/<listing>/history", "", insiders(200)),
    row("renew_listing", "/v1/listings/<listing>/renew", "", editors(200)),
    row("copy_listing", "/v1/listings/<listing>/copy", "", editors(201)),

    row("list_cross_posts", "/v1/listings/<listing>/networks", "", insiders(200)),
    row("show_in_network", "/v1/listings/<listing>/networks/<foreign_network>", "", editors(409)),
    row("hide_from_network", "/v1/listings/<listing>/networks/<foreign_network>", "", [401, 403, 403, 404, 404, 403, 403, 403, 403]),

    row("list_listing_matches", "/v1/listings/<listing>/matches", "", insiders(200)),
    row("list_group_matches", "/v1/groups/<group>/matches", "", viewers(200)),
    row("list_similar_listings", "/v1/listings/<listing>/similar", "", insiders(200)),
    row("list_network_matches", "/v1/networks/<network>/matches", "", staff(200)),
    row("list_dismissals", "/v1/listings/<listing>/dismissals", "", insiders(200)),
    row("dismiss_match", "/v1/listings/<listing>/dismissals/<wanted>", "", editors(204)),
    row("restore_match", "/v1/listings/<listing>/dismissals/<dismissed>", "", editors(204)),
    row("get_matching_method", "/v1/matching/method", "", all(200)),
    row("explain_match", "/v1/matching/explain?offer=<listing>&want=<wanted>", "", [401, 403, 200, 200, 200, 200, 200, 403, 200]),
    row("explain_match", "/v1/matching/explain?offer=<draft>&want=<wanted>", "", [401, 404, 200, 200, 200, 200, 200, 404, 404]),
    row("preview_listing", "/v1/groups/<group>/listings/preview", r#"{"kind": "want", "title": "A minibus"}"#, editors(200)),

    row("propose_exchange", "/v1/groups/<group>/exchanges", r#"{"listing_id": "<wanted>", "quantity": 1}"#, editors(201)),
    row("list_group_exchanges", "/v1/groups/<group>/exchanges", "", viewers(200)),
    row("propose_pair", "/v1/networks/<network>/exchanges", r#"{"offer_id": "<listing>", "want_id": "<wanted>", "quantity": 1}"#, staff(201)),
    row("list_network_exchanges", "/v1/networks/<network>/exchanges", "", staff(200)),
    row("list_exchange_transitions", "/v1/exchanges/transitions", "", all(200)),
    row("get_exchange", "/v1/exchanges/<agreed_exchange>", "", [401, 404, 200, 200, 200, 200, 200, 404, 404]),
    row("get_exchange_calendar", "/v1/exchanges/<past_exchange>/calendar.ics", "", [401, 404, 200, 200, 200, 403, 403, 404, 404]),
    row("accept_exchange", "/v1/exchanges/<asked_exchange>/accept", "", giver(200)),
    row("decline_exchange", "/v1/exchanges/<asked_exchange>/decline", "{}", giver(200)),
    row("withdraw_exchange", "/v1/exchanges/<own_exchange>/withdraw", "", giver(200)),
    row("withdraw_exchange", "/v1/exchanges/<pair_exchange>/withdraw", "", [401, 404, 403, 403, 403, 200, 200, 404, 404]),
    row("schedule_exchange", "/v1/exchanges/<agreed_exchange>/schedule", r#"{"scheduled_for": "<soon>"}"#, giver(200)),
    row("hand_over_exchange", "/v1/exchanges/<agreed_exchange>/hand-over", "{}", giver(200)),
    row("confirm_exchange", "/v1/exchanges/<handed_exchange>/confirm", "{}", giver(200)),
    row("cancel_exchange", "/v1/exchanges/<agreed_exchange>/cancel", r#"{"reason": "not_needed"}"#, [401, 404, 403, 200, 200, 200, 200, 404, 404]),
    row("report_no_show", "/v1/exchanges/<past_exchange>/no-show", "{}", giver(200)),
    row("return_exchange", "/v1/exchanges/<lent_exchange>/return", "", giver(200)),
    row("list_outcomes", "/v1/exchanges/<lent_exchange>/outcomes", "", [401, 404, 200, 200, 200, 200, 200, 404, 404]),
    row("tell_outcome", "/v1/exchanges/<lent_exchange>/outcome", r#"{"how_it_went": "well"}"#, giver(200)),
    row("list_stories", "/v1/networks/<network>/stories", "", all(200)),
    row("create_interest", "/v1/listings/<wanted>/interests", r#"{"group_id": "<group>"}"#, editors(201)),
    row("create_interest", "/v1/listings/<draft>/interests", r#"{"group_id": "<other_group>"}"#, [401, 404, 403, 403, 403, 403, 403, 404, 404]),
    row("list_listing_interests", "/v1/listings/<listing>/interests", "", insiders(200)),
    row("list_group_interests", "/v1/groups/<group>/interests", "", viewers(200)),
    row("get_interest", "/v1/interests/<interest>", "", [401, 404, 200, 200, 200, 404, 404, 404, 200]),
    row("withdraw_interest", "/v1/interests/<interest>/withdraw", "", [401, 404, 403, 403, 403, 404, 404, 404, 200]),
    row("decline_interest", "/v1/interests/<interest>/decline", "{}", [401, 404, 403, 200, 200, 404, 404, 404, 403]),
    row("accept_interest", "/v1/interests/<interest>/accept", "{}", [401, 404, 403, 201, 201, 404, 404, 404, 403]),
    row("list_group_threads", "/v1/groups/<group>/threads", "", viewers(200)),
    row("list_messages", "/v1/threads/<thread>/messages", "", [401, 404, 200, 200, 200, 404, 404, 404, 200]),
    row("post_message", "/v1/threads/<thread>/messages", r#"{"body": "When can we come?"}"#, [401, 404, 403, 201, 201, 404, 404, 404, 201]),
    row("mark_thread_read", "/v1/threads/<thread>/read", "", [401, 404, 204, 204, 204, 404, 404, 404, 204]),
    row("get_contacts", "/v1/exchanges/<agreed>/contact", "", [401, 404, 200, 200, 200, 403, 403, 404, 200]),
    row("show_contact", "/v1/exchanges/<agreed>/contact", r#"{"phone": "01782 000 111"}"#, [401, 404, 403, 200, 200, 403, 403, 404, 200]),
    row("take_contact_back", "/v1/exchanges/<agreed>/contact", "", [401, 404, 403, 204, 204, 403, 403, 404, 204]),
    row("list_group_inbox", "/v1/groups/<group>/inbox", "", viewers(200)),
    row("list_my_inbox", "/v1/users/me/inbox", "", signed_in(200)),
    row("count_my_inbox", "/v1/users/me/inbox/counts", "", signed_in(200)),
    row("mark_group_inbox_read", "/v1/groups/<group>/inbox/read", r#"{"until": 0}"#, viewers(200)),
    row("mark_my_inbox_read", "/v1/users/me/inbox/read", r#"{"until": 0}"#, signed_in(200)),
    row("list_waiting", "/v1/groups/<group>/waiting", "", viewers(200)),
    row("stream_group_inbox", "/v1/groups/<group>/inbox/stream", "", viewers(200)),
    row("stream_my_inbox", "/v1/users/me/inbox/stream", "", signed_in(200)),

    row("get_policy", "/v1/networks/<network>/policy", "", all(200)),
    row("update_policy", "/v1/networks/<network>/policy", r#"{"review": "trust"}"#, coordinators(200)),
    row("get_ground_rules", "/v1/networks/<network>/ground-rules", "", all(200)),
    row("list_ground_rules_versions", "/v1/networks/<network>/ground-rules/versions", "", all(200)),
    row("list_group_ground_rules", "/v1/groups/<group>/ground-rules", "", viewers(200)),
    row("accept_ground_rules", "/v1/groups/<group>/ground-rules", r#"{"network_id": "<network>", "version": 1}"#, editors(200)),
    row("check_listing", "/v1/groups/<group>/listings/check", r#"{"kind": "want", "title": "A minibus"}"#, editors(200)),

    row("create_assisted_group", "/v1/networks/<network>/groups", r#"{"name": "Lunch Club", "locality": "hanley-stoke-on-trent", "assistance": {"way": "call", "contact": "01782 000 111", "consent_given": "spoken", "consent_words": "Please do.", "consent_at": "2026-01-06T10:00:00Z"}}"#, staff(201)),
    row("list_assisted_groups", "/v1/networks/<network>/assisted-groups", "", staff(200)),
    row("get_assistance", "/v1/networks/<network>/groups/<assisted_group>/assistance", "", staff(200)),
    row("set_assistance", "/v1/networks/<network>/groups/<group>/assistance", r#"{"way": "call", "contact": "01782 000 111", "consent_given": "spoken", "consent_words": "Please do.", "consent_at": "2026-01-06T10:00:00Z"}"#, staff(200)),
    row("end_assistance", "/v1/networks/<network>/groups/<assisted_group>/assistance?close_group=true", "", staff(204)),
    row("get_own_assistance", "/v1/groups/<helped_group>/assistance", "", [401, 403, 403, 403, 403, 200, 200, 403, 200]),
    row("confirm_assistance", "/v1/groups/<helped_group>/assistance/confirm", "", [401, 403, 403, 403, 403, 403, 403, 403, 200]),
    row("end_own_assistance", "/v1/groups/<helped_group>/assistance", "", [401, 403, 403, 403, 403, 403, 403, 403, 204]),
    row("list_follow_ups", "/v1/networks/<network>/follow-ups", "", staff(200)),
    row("finish_follow_up", "/v1/networks/<network>/follow-ups/<follow_up>/done", r#"{"note": "They are glad."}"#, staff(200)),

    row("list_audit_entries", "/v1/networks/<network>/audit", "", coordinators(200)),
    row("export_audit_csv", "/v1/networks/<network>/audit.csv", "", coordinators(200)),
    row("export_audit_lines", "/v1/networks/<network>/audit.jsonl", "", coordinators(200)),
    row("get_moderation_report", "/v1/networks/<network>/moderation-report", "", coordinators(200)),
    row("get_record_sheet", "/v1/networks/<network>/record-sheet", "", coordinators(200)),

    row("create_report", "/v1/reports", r#"{"listing_id": "<listing>", "reason": "misleading"}"#, all(201)),
    row("create_report", "/v1/reports", r#"{"listing_id": "<draft>", "reason": "misleading"}"#, [404, 404, 201, 201, 201, 201, 201, 404, 404]),
    row("create_report", "/v1/reports", r#"{"message_id": "<message>", "reason": "unkind"}"#, [404, 404, 201, 201, 201, 404, 404, 404, 201]),
    row("create_report", "/v1/reports", r#"{"network_id": "<network>", "reason": "safeguarding", "words": "Somebody is afraid."}"#, all(201)),
    row("get_report", "/v1/reports/<report_code>", "", all(200)),
    row("list_network_reports", "/v1/networks/<network>/reports", "", coordinators(200)),
    row("list_item_reports", "/v1/networks/<network>/queue/<report_item>/reports", "", coordinators(200)),
    // For the lead alone, who is none of these: tests/it/safeguarding.rs.
    row("list_safeguarding_flags", "/v1/networks/<network>/safeguarding-flags", "", signed_in(404)),
    row("get_safeguarding_flag", "/v1/networks/<network>/safeguarding-flags/<flag>", "", signed_in(404)),
    row("close_safeguarding_flag", "/v1/networks/<network>/safeguarding-flags/<flag>/close", r#"{"outcome": "Rang the council."}"#, signed_in(404)),
    row("get_safeguarding_lead", "/v1/networks/<network>/safeguarding-lead", "", staff(200)),
    row("set_safeguarding_lead", "/v1/networks/<network>/safeguarding-lead", r#"{"user_id": "<broker>"}"#, coordinators(200)),
    row("remove_safeguarding_lead", "/v1/networks/<network>/safeguarding-lead", "", coordinators(204)),
    row("create_complaint", "/v1/networks/<network>/complaints", r#"{"about": "service", "words": "It is slow.", "email": "olwen@example.org"}"#, all(201)),
    row("get_complaint", "/v1/complaints/<complaint_code>", "", all(200)),
    row("list_network_complaints", "/v1/networks/<network>/complaints", "", coordinators(200)),
    row("get_network_complaint", "/v1/networks/<network>/complaints/<complaint>", "", coordinators(200)),
    row("answer_complaint", "/v1/networks/<network>/complaints/<complaint>/answer", r#"{"outcome": "upheld", "answer": "You are right."}"#, coordinators(200)),

    row("withdraw_edit", "/v1/listings/<listing>/waiting-edit", "", editors(204)),
    row("list_queue", "/v1/networks/<network>/queue", "", coordinators(200)),
    row("get_queue_load", "/v1/networks/<network>/queue/load", "", coordinators(200)),
    row("decide_many", "/v1/networks/<network>/queue/decisions", r#"{"decisions": [{"item_id": "<item>", "deed": "approve"}]}"#, coordinators(200)),
    row("get_queue_item", "/v1/networks/<network>/queue/<item>", "", coordinators(200)),
    row("claim_queue_item", "/v1/networks/<network>/queue/<item>/claim", "", coordinators(200)),
    row("release_queue_item", "/v1/networks/<network>/queue/<item>/claim", "", coordinators(204)),
    row("decide_queue_item", "/v1/networks/<network>/queue/<item>/decision", r#"{"deed": "approve"}"#, coordinators(200)),
    row("undo_decision", "/v1/networks/<network>/decisions/<fresh_decision>/undo", "", coordinators(200)),
    row("list_group_decisions", "/v1/groups/<group>/decisions", "", viewers(200)),
    row("create_appeal", "/v1/groups/<group>/decisions/<decision>/appeal", r#"{"words": "It says so."}"#, editors(201)),
    row("get_appeal", "/v1/groups/<group>/decisions/<appealed>/appeal", "", viewers(200)),
    row("withdraw_appeal", "/v1/groups/<group>/decisions/<appealed>/appeal", "", editors(204)),
    row("list_replies", "/v1/networks/<network>/replies", "", coordinators(200)),
    row("create_reply", "/v1/networks/<network>/replies", r#"{"name": "Thanks", "words": "Thank you, {group}!"}"#, coordinators(201)),
    row("get_reply", "/v1/networks/<network>/replies/<reply>", "", coordinators(200)),
    row("update_reply", "/v1/networks/<network>/replies/<reply>", r#"{"words": "Thank you!"}"#, coordinators(200)),
    row("delete_reply", "/v1/networks/<network>/replies/<reply>", "", coordinators(204)),
    row("get_my_load", "/v1/networks/<network>/staff/me/load", "", coordinators(200)),
    row("set_my_load", "/v1/networks/<network>/staff/me/load", r#"{"carries_at_once": 5, "works_on": ["tue"]}"#, coordinators(200)),

    row("get_liveness", "/health/live", "", all(200)),
    row("get_readiness", "/health/ready", "", all(200)),
];
