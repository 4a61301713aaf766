-- purpose: the county's calendar of reforms and events
-- grain: event
-- params: none
-- columns: event_code, reform_code, title, kind, starts_on, ends_on, community_code, institution_code, source
SELECT event_code, reform_code, title, kind, starts_on, ends_on, community_code, institution_code, source
FROM dim_event
ORDER BY starts_on, event_code
