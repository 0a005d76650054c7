SELECT o.registration_no, o.uscc, o.organisation_name, o.kind_code, o.representative_name, o.registered_on,
    o.division_code, o.status_code, d.citizen_id IS NOT NULL AS representative_deceased
FROM organisation o
LEFT JOIN deceased d ON d.citizen_id = o.representative_id
