/*
description = "Checks across feeds: what each looks at and what it finds"
grain = ["audit"]

[columns]
audit = "The check"
feed = "The feed whose rows it looks at"
finding_en = "What is wrong where it finds something, in English"
finding_fr = "The same in French"

[[tests]]
not_null = ["audit", "feed", "finding_en", "finding_fr"]

[[tests]]
unique = ["audit"]

[[tests]]
accepted = { column = "audit", values = ["return-without-registration", "return-before-registration", "voucher-without-registration", "assistance-without-return", "plan-without-return", "counselling-without-return", "referral-without-return"] }
*/
SELECT
    audit,
    feed,
    finding_en,
    finding_fr
FROM (VALUES
    (
        'return-without-registration',
        'returns',
        'the person who returned from Morocco is registered in no case file',
        'la personne rentrée depuis le Maroc n''est enregistrée dans aucun dossier'
    ),
    (
        'return-before-registration',
        'returns',
        'the person returned from Morocco before being registered',
        'la personne est rentrée depuis le Maroc avant son enregistrement'
    ),
    (
        'voucher-without-registration',
        'vouchers',
        'the person who was given the voucher is registered in no case file',
        'la personne qui a reçu le bon n''est enregistrée dans aucun dossier'
    ),
    (
        'assistance-without-return',
        'reintegration',
        'the person who was assisted has no return in that direction',
        'la personne assistée n''a aucun retour dans ce sens'
    ),
    (
        'plan-without-return',
        'plans',
        'the person whose plan it is has no return in that direction',
        'la personne dont c''est le plan n''a aucun retour dans ce sens'
    ),
    (
        'counselling-without-return',
        'counselling',
        'the person who was counselled has no return in that direction',
        'la personne conseillée n''a aucun retour dans ce sens'
    ),
    (
        'referral-without-return',
        'referrals',
        'the person who was referred has no return in that direction',
        'la personne orientée n''a aucun retour dans ce sens'
    )
) AS t (audit, feed, finding_en, finding_fr)
