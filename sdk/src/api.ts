// Written by `npm run generate` from the HTTP surface's own schemas. Do not edit.

export interface paths {
  "/api/leads": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List leads */
    get: operations["listLeads"];
    put?: never;
    /**
     * Create a lead, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createLead"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/leads/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 leads
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkLeads"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/leads/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one lead */
    get: operations["getLead"];
    /**
     * Create or change the lead with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertLead"];
    post?: never;
    /**
     * Delete a lead
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteLead"];
    options?: never;
    head?: never;
    /**
     * Change a lead
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateLead"];
    trace?: never;
  };
  "/api/leads/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a lead, when and by whom */
    get: operations["getLeadHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/leads/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a lead has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyLead"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/leads/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a lead came from, and when */
    get: operations["getLeadOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/leads/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a lead it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkLead"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List contacts */
    get: operations["listContacts"];
    put?: never;
    /**
     * Create a contact, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createContact"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 contacts
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkContacts"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one contact */
    get: operations["getContact"];
    /**
     * Create or change the contact with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertContact"];
    post?: never;
    /**
     * Delete a contact
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteContact"];
    options?: never;
    head?: never;
    /**
     * Change a contact
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateContact"];
    trace?: never;
  };
  "/api/contacts/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a contact, when and by whom */
    get: operations["getContactHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a contact has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyContact"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a contact came from, and when */
    get: operations["getContactOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/contacts/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a contact it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkContact"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List accounts */
    get: operations["listAccounts"];
    put?: never;
    /**
     * Create an account, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createAccount"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 accounts
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkAccounts"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one account */
    get: operations["getAccount"];
    /**
     * Create or change the account with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertAccount"];
    post?: never;
    /**
     * Delete an account
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteAccount"];
    options?: never;
    head?: never;
    /**
     * Change an account
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateAccount"];
    trace?: never;
  };
  "/api/accounts/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on an account, when and by whom */
    get: operations["getAccountHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why an account has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyAccount"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of an account came from, and when */
    get: operations["getAccountOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/accounts/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of an account it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkAccount"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List deals */
    get: operations["listDeals"];
    put?: never;
    /**
     * Create a deal, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createDeal"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 deals
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkDeals"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one deal */
    get: operations["getDeal"];
    /**
     * Create or change the deal with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertDeal"];
    post?: never;
    /**
     * Delete a deal
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteDeal"];
    options?: never;
    head?: never;
    /**
     * Change a deal
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateDeal"];
    trace?: never;
  };
  "/api/deals/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a deal, when and by whom */
    get: operations["getDealHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a deal has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyDeal"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a deal came from, and when */
    get: operations["getDealOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deals/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a deal it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkDeal"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List deal-contacts */
    get: operations["listDealContacts"];
    put?: never;
    /**
     * Create a deal contact, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createDealContact"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 deal-contacts
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkDealContacts"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one deal contact */
    get: operations["getDealContact"];
    /**
     * Create or change the deal contact with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertDealContact"];
    post?: never;
    /**
     * Delete a deal contact
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteDealContact"];
    options?: never;
    head?: never;
    /**
     * Change a deal contact
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateDealContact"];
    trace?: never;
  };
  "/api/deal-contacts/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a deal contact, when and by whom */
    get: operations["getDealContactHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a deal contact has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyDealContact"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a deal contact came from, and when */
    get: operations["getDealContactOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/deal-contacts/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a deal contact it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkDealContact"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List campaigns */
    get: operations["listCampaigns"];
    put?: never;
    /**
     * Create a campaign, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createCampaign"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 campaigns
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkCampaigns"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one campaign */
    get: operations["getCampaign"];
    /**
     * Create or change the campaign with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertCampaign"];
    post?: never;
    /**
     * Delete a campaign
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteCampaign"];
    options?: never;
    head?: never;
    /**
     * Change a campaign
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateCampaign"];
    trace?: never;
  };
  "/api/campaigns/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a campaign, when and by whom */
    get: operations["getCampaignHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a campaign has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyCampaign"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a campaign came from, and when */
    get: operations["getCampaignOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/campaigns/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a campaign it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkCampaign"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List activities */
    get: operations["listActivities"];
    put?: never;
    /**
     * Create an activity, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createActivity"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 activities
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkActivities"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one activity */
    get: operations["getActivity"];
    /**
     * Create or change the activity with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertActivity"];
    post?: never;
    /**
     * Delete an activity
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteActivity"];
    options?: never;
    head?: never;
    /**
     * Change an activity
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateActivity"];
    trace?: never;
  };
  "/api/activities/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on an activity, when and by whom */
    get: operations["getActivityHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why an activity has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyActivity"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of an activity came from, and when */
    get: operations["getActivityOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/activities/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of an activity it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkActivity"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List users */
    get: operations["listUsers"];
    put?: never;
    /**
     * Create a user, or bring it up to date
     * @description A record that exists already, by its external id or else as the one person of its email address that it may be, is updated instead (200), so that running a script twice doubles nothing. The header x-winston-status says created, updated or unchanged.
     */
    post: operations["createUser"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Create or update up to 2000 users
     * @description Always 200: each item succeeds or fails alone, and `results` answers in the order of `items`. Items are matched as by POST; the good ones are stored together in one transaction.
     */
    post: operations["bulkUsers"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one user */
    get: operations["getUser"];
    /**
     * Create or change the user with this id of yours
     * @description The id must be `external:<your id>`. Keys that are not sent stay as they are.
     */
    put: operations["upsertUser"];
    post?: never;
    /**
     * Delete a user
     * @description Here, and at the vendors whose streams are two-way.
     */
    delete: operations["deleteUser"];
    options?: never;
    head?: never;
    /**
     * Change a user
     * @description Only the keys that are sent are changed; null clears a field.
     */
    patch: operations["updateUser"];
    trace?: never;
  };
  "/api/users/{id}/history": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What changed on a user, when and by whom */
    get: operations["getUserHistory"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/{id}/why": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Why a user has the values it has
     * @description For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.
     */
    get: operations["whyUser"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/{id}/origin": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Where each field of a user came from, and when */
    get: operations["getUserOrigin"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/{id}/unlink": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Take a vendor's record out of a user it does not belong to
     * @description The record at that connection becomes one of its own, with the values both sides last agreed on. Nothing is written for it; the next edit of either travels as ever. Refused (409) where Winston itself made the record.
     */
    post: operations["unlinkUser"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List connections */
    get: operations["listConnections"];
    put?: never;
    /**
     * Connect an account at a vendor
     * @description Checks the credentials, seals them, identifies the account, and lays out its streams. A connection of that name is given the new secrets instead.
     */
    post: operations["createConnection"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Get one connection */
    get: operations["getConnection"];
    put?: never;
    post?: never;
    /**
     * Remove a connection
     * @description Its credentials and streams go, with what was owed to it; lines of plans at it are skipped. The records stay, here and at the vendor, and are known again when the same account is connected again.
     */
    delete: operations["deleteConnection"];
    options?: never;
    head?: never;
    /**
     * Change its mode, pause it, let it go on, or set how much of it is let go
     * @description A pause holds in every process before the next request that would change something is sent; reading goes on, and what is owed waits. What the rollout does not let go waits, too: a larger share only adds things, and `null` lets all go.
     */
    patch: operations["updateConnection"];
    trace?: never;
  };
  "/api/connections/{id}/sync": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Sync now */
    post: operations["syncConnection"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections/{id}/quiet": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether a connection has work left */
    get: operations["getConnectionQuiet"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/quiet": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether Winston has work left at all */
    get: operations["getQuiet"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connectors": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the connectors and what each asks for */
    get: operations["listConnectors"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List streams, their health and what waits */
    get: operations["listStreams"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change how a stream is kept in step
     * @description What is given is changed, all of it or nothing. A changed filter reads everything once more; what it leaves out is neither deleted nor blanked anywhere.
     */
    patch: operations["updateStream"];
    trace?: never;
  };
  "/api/streams/{id}/mapping": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The mapping in force */
    get: operations["getMapping"];
    /** Put a new version of the mapping in force */
    put: operations["putMapping"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/check": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Whether a mapping may be put in force
     * @description Nothing is stored. A row that loses something both ways is named with the value that shows it.
     */
    post: operations["checkMapping"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/config": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The configuration as one document
     * @description Connections, streams, mappings, rules and custom fields, without secrets. The same configuration is the same text, byte for byte.
     */
    get: operations["exportConfig"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/config/plan": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What applying a configuration document would change
     * @description Nothing is changed. What is wrong with the document is said with its line and column.
     */
    post: operations["planConfig"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/config/apply": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Put a configuration document in force
     * @description All of it or nothing. What the document does not name stays as it is. A connection leaves observe when all the rest is in force. A custom field that is not there yet needs the scope records:write as well, as `POST /api/fields` does.
     */
    post: operations["applyConfig"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/runs": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List runs, newest first */
    get: operations["listRuns"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/runs/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One run, with what it parked by cause */
    get: operations["getRun"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/parked": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List what is set aside, with its reason */
    get: operations["listParked"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/parked/retry": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try parked ones again
     * @description All of a connection, of a stream, or one; without a body, all there are.
     */
    post: operations["retryParked"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/comparisons": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List comparisons, newest first */
    get: operations["listComparisons"];
    put?: never;
    /**
     * Compare streams with their vendors
     * @description One comparison for each stream that is meant; without a body, all there are. It lists what the vendor has, reads what is not the same once more, and tells each difference with its cause. Nothing is written, unless `repair` lets what is owed be tried again.
     */
    post: operations["startComparisons"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/comparisons/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One comparison */
    get: operations["getComparison"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/differences": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List what the last comparison of each stream found */
    get: operations["listDifferences"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conflicts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List conflicts, newest first */
    get: operations["listConflicts"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conflicts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One conflict */
    get: operations["getConflict"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conflicts/{id}/take": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Decide an open conflict, or put a losing value back
     * @description An open conflict is decided: the value becomes Winston's, the other side is written it, and the same question is not asked again. Of a decided one the losing value is put back, as an edit of yours; refused (409) where the field was edited since, unless forced.
     */
    post: operations["takeConflict"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conflicts/take": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * The same for up to 2000 at once
     * @description An open conflict is decided: the value becomes Winston's, the other side is written it, and the same question is not asked again. Of a decided one the losing value is put back, as an edit of yours; refused (409) where the field was edited since, unless forced. Always 200: all that can be taken are, in one transaction; `results` answers in the order of `ids`.
     */
    post: operations["takeConflicts"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/duplicates": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List pairs that may be one thing, oldest first */
    get: operations["listDuplicates"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/duplicates/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One pair, with both records whole */
    get: operations["getDuplicate"];
    put?: never;
    /**
     * Say whether a pair is one thing
     * @description `same`: one takes in the other; blanks fill, and every value that loses is in the conflict ledger. Refused (409) where both live at one connection: they are merged there, by POST /api/duplicates/{id}/merge where the vendor offers it. `different`: nobody is asked again.
     */
    post: operations["decideDuplicate"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/duplicates/{id}/merge": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Merge the two records of a pair at their vendor
     * @description At every connection where both live, in the order the connections were made; then the pair is one, and no value is lost. Refused (409) before anything is sent where they live at no connection together, or one of the connections cannot or may not merge: the sentence says what to do. A vendor's own refusal (502) says what was merged before it.
     */
    post: operations["mergeDuplicate"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/plans": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List plans, newest first */
    get: operations["listPlans"];
    put?: never;
    /**
     * Compute what a sync would write, without writing it
     * @description Reads the vendors as a sync would, and carries everything out on a copy: no entity changes, and no vendor is sent a writing request. Answers at once; ask for the plan until it is `ready` or `failed`.
     */
    post: operations["createPlan"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/undo": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Compute what would put back what was written
     * @description A plan like any other, applied like any other. What somebody changed since stays, and is a line of class `reject`. What was made at a vendor, by a run or since a time, is taken away there; what was deleted is made anew. What a vendor takes no blank for is not emptied. Values are put back, not what a vendor did because of them. What is given narrows: all of it must hold. With none of `run`, `record` and `since`, and of a field that there is not, 400; further back than history reaches, also by a run or a plan, 409 with the earliest time.
     */
    post: operations["planUndo"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/plans/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One plan: how far it is, its totals and what it costs */
    get: operations["getPlan"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/plans/{id}/changes": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The lines of a plan, in its order
     * @description A page of them; with `Accept: application/x-ndjson` all of them after `cursor`, one JSON document to a line, as fast as they are read (`limit` says nothing then). An answer that ends in the middle was cut off.
     */
    get: operations["listPlanChanges"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/plans/{id}/apply": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Write what a plan says, and nothing else
     * @description A record that changed since the plan is left out, with the reason at its line. A connection in `plan` mode is written nothing else; one in `write` mode goes on with the rest as ever; lines at one that observes are left out (409 where there is no other). With `strict` the plan is computed once more first, and where it would differ nothing is written at all (409, plan.stale, with a new plan). Answers at once; ask for the plan until it is `applied`.
     */
    post: operations["applyPlan"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/brakes": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List mass deletions and blankings that were stopped, newest first */
    get: operations["listBrakes"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/brakes/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One of them, with examples */
    get: operations["getBrake"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/brakes/{id}/release": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Let what waits be carried out
     * @description It was meant. Of the vendor's deletions each record is asked for once more first: one that is there is not deleted. Refused (409) where somebody decided already.
     */
    post: operations["releaseBrake"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/brakes/{id}/restore": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Put back what was lost
     * @description It was a mistake. What the vendor lost is made or written there again; what was lost here lives or has its value again. So is what had gone before the brake came on, everywhere. Refused (409) where somebody decided already.
     */
    post: operations["restoreBrake"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/frozen": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List fields that two writers set to and fro, newest first */
    get: operations["listFrozen"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/frozen/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One of them */
    get: operations["getFrozen"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/frozen/{id}/release": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Let a frozen field be taken and written again
     * @description Each system's record is looked at once more, and what stands then is written everywhere. Turns are counted anew. Refused (409) where it was released already.
     */
    post: operations["releaseFrozen"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/schema/looks": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** When the fields of each stream were read last at its vendor */
    get: operations["listSchemaLooks"];
    put?: never;
    /** Read the fields of the streams at their vendors now */
    post: operations["lookAtSchema"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/schema/drifts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List mapped fields of vendors that are not what they were */
    get: operations["listSchemaDrifts"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/versions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Every version of a mapping, newest first */
    get: operations["listMappingVersions"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/versions/{version}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One version of a mapping */
    get: operations["getMappingVersion"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/field-mappings": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The mapping in force as the specification's field_mappings JSON
     * @description In its normal form (docs/reference/mappings.md). What the JSON cannot say of a row is in the notes.
     */
    get: operations["getFieldMappings"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/test": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What a mapping would do to one record, row by row and both ways
     * @description As the record is held; the vendor is not asked, and nothing is stored.
     */
    post: operations["testMapping"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/back-test": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What a mapping would do to the last records, counted row by row
     * @description As the records are held; the vendor is not asked, and nothing is stored. A plan (POST /api/plans with `suppose`) says the same of all records, asks the vendors, and says what is written at the others.
     */
    post: operations["backTestMapping"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/fields": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Every field at hand for a mapping: type, permissions, how often filled, samples */
    get: operations["listStreamFields"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/streams/{id}/mapping/suggestions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Pairs of fields that the mapping in force does not have, with reasons
     * @description Nothing is put in force. `document` can be checked, tried and put like any mapping.
     */
    get: operations["suggestMapping"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alerts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List alerts, newest first */
    get: operations["listAlerts"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alerts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One alert, with what was told of it */
    get: operations["getAlert"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alerts/{id}/ack": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Say that somebody knows of it
     * @description It is not told again for a day, unless it gets worse; when its cause ends it is over by itself. Who said so first stands, and one that is over stays as it is.
     */
    post: operations["acknowledgeAlert"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alert-channels": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the channels alerts are told through */
    get: operations["listAlertChannels"];
    put?: never;
    /**
     * Add a channel: a webhook, Slack or mail
     * @description Secrets are sealed and never shown again. An address in the house is refused unless WINSTON_ALLOW_ADDRESSES lists it. Try it with POST /api/alert-channels/{id}/test.
     */
    post: operations["createAlertChannel"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alert-channels/{id}/test": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send a word that is marked as a test, now */
    post: operations["testAlertChannel"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/alert-channels/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Remove a channel
     * @description What was still to be told there is forgotten.
     */
    delete: operations["deleteAlertChannel"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/quarantines": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List connections that are only read, because the database was restored */
    get: operations["listQuarantines"];
    put?: never;
    /**
     * Say that the database was restored from a backup
     * @description Every connection is only read until all of its records and open writes are known again, so that no newer value of a vendor is written over. Winston notices most restores by itself; said once more, reading begins anew.
     */
    post: operations["beginQuarantines"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/quarantines/{id}/release": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Let a connection write again
     * @description A conflict while not all is known there, unless forced: then older values may go over newer ones.
     */
    post: operations["releaseQuarantine"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/keys": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List API keys */
    get: operations["listKeys"];
    put?: never;
    /**
     * Make an API key
     * @description The token is in this answer and nowhere else: it is kept only hashed. A key can only be given scopes of the key that makes it.
     */
    post: operations["createKey"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/keys/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Revoke an API key
     * @description It stops working within five seconds.
     */
    delete: operations["revokeKey"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/healthz": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether the process lives */
    get: operations["getHealth"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/readyz": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether it can work: the database, migrations, the queue */
    get: operations["getReadiness"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/flowz": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Whether what should flow flows: for whatever watches Winston
     * @description From proof of flow, not from Winston's own word: it also tells that no worker is at work. Numbers only; names are in GET /api/streams and GET /api/alerts. What it says is at most five seconds old.
     */
    get: operations["getFlow"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/openapi.json": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This description */
    get: operations["getOpenApi"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/fields": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the fields of every kind, standard and custom */
    get: operations["listFields"];
    put?: never;
    /**
     * Declare a custom field
     * @description Declaring it again as it is changes nothing; with another type it is a conflict.
     */
    post: operations["createField"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Account: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Name. */
      name: string | null;
      /** @description Website. */
      website: string | null;
      /** @description Phone. */
      phone: string | null;
      /** @description Industry. */
      industry: string | null;
      /** @description Type. */
      type: string | null;
      /** @description Employees. */
      employees: number | string | null;
      /** @description Annual revenue. */
      annualRevenue: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Description. */
      description: string | null;
      /** @description Street. */
      street: string | null;
      /** @description City. */
      city: string | null;
      /** @description State or province. */
      state: string | null;
      /** @description Postal code. */
      postalCode: string | null;
      /** @description Country. */
      country: string | null;
      /** @description Parent account: the account it refers to. */
      parent: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "accountId": "A-3",
     *           "name": "Analytical Engines",
     *           "website": "https://example.com",
     *           "employees": 42
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    AccountBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["AccountInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "accountId": "A-3",
     *       "name": "Analytical Engines",
     *       "website": "https://example.com",
     *       "employees": 42
     *     }
     */
    AccountInput: {
      /** @description Your own id of it; "accountId" says the same. */
      externalId?: string | number | null;
      /** @description Name. */
      name?: string | number | null;
      /** @description Website. */
      website?: string | number | null;
      /** @description Phone. */
      phone?: string | number | null;
      /** @description Industry. */
      industry?: string | number | null;
      /** @description Type. */
      type?: string | number | null;
      /** @description Employees. */
      employees?: number | string | null;
      /** @description Annual revenue. */
      annualRevenue?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Description. */
      description?: string | number | null;
      /** @description Street. */
      street?: string | number | null;
      /** @description City. */
      city?: string | number | null;
      /** @description State or province. */
      state?: string | number | null;
      /** @description Postal code. */
      postalCode?: string | number | null;
      /** @description Country. */
      country?: string | number | null;
      /** @description Parent account: the account it refers to. */
      parent?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    AccountPage: {
      data: components["schemas"]["Account"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Activity: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Type: task, call, email, meeting or note. */
      type: string | null;
      /** @description Subject. */
      subject: string | null;
      /** @description Body. */
      body: string | null;
      /** @description Status. */
      status: string | null;
      /** @description Priority. */
      priority: string | null;
      /** @description Due date. */
      dueDate: string | null;
      /** @description Starts at. */
      startsAt: string | null;
      /** @description Ends at. */
      endsAt: string | null;
      /** @description Completed. */
      completed: boolean | null;
      /** @description Person: the person it refers to. */
      person: string | null;
      /** @description Account: the account it refers to. */
      account: string | null;
      /** @description Deal: the deal it refers to. */
      deal: string | null;
      /** @description Campaign: the campaign it refers to. */
      campaign: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "activityId": "T-5",
     *           "type": "call",
     *           "subject": "First call",
     *           "leadId": "L-1001",
     *           "startsAt": "2026-01-05T09:00:00Z"
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    ActivityBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["ActivityInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "activityId": "T-5",
     *       "type": "call",
     *       "subject": "First call",
     *       "leadId": "L-1001",
     *       "startsAt": "2026-01-05T09:00:00Z"
     *     }
     */
    ActivityInput: {
      /** @description Your own id of it; "activityId" says the same. */
      externalId?: string | number | null;
      /** @description Type: task, call, email, meeting or note. */
      type?: string | number | null;
      /** @description Subject. */
      subject?: string | number | null;
      /** @description Body. */
      body?: string | number | null;
      /** @description Status. */
      status?: string | number | null;
      /** @description Priority. */
      priority?: string | number | null;
      /** @description Due date. */
      dueDate?: string | number | null;
      /** @description Starts at. */
      startsAt?: string | number | null;
      /** @description Ends at. */
      endsAt?: string | number | null;
      /** @description Completed. */
      completed?: boolean | string | number | null;
      /** @description Person: the person it refers to. */
      person?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Account: the account it refers to. */
      account?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Deal: the deal it refers to. */
      deal?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Campaign: the campaign it refers to. */
      campaign?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    ActivityPage: {
      data: components["schemas"]["Activity"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Alert: {
      /** Format: uuid */
      id: string;
      /**
       * @description credential, brake, failing, silent, lag, budget, errors, drift, undescribed, version, parked.
       * @example failing
       */
      kind: string;
      /**
       * @description open: nobody acknowledged it yet. resolved: its cause is gone.
       * @enum {string}
       */
      state: "open" | "acknowledged" | "resolved";
      /** @enum {string} */
      severity: "warning" | "critical";
      title: string;
      message: string;
      connection: string | null;
      /** @description What of the connection it is about; none where it is about all of it. */
      streams: string[];
      /** Format: date-time */
      raisedAt: string;
      toldAt: string | null;
      /** @description Since when its cause is gone, while it may still come back. */
      clearSince: string | null;
      acknowledgedAt: string | null;
      acknowledgedBy: string | null;
      resolvedAt: string | null;
      /**
       * @description The page of what to do.
       * @example docs/operations/alerts.md#failing
       */
      help: string;
      /** @description What was told of it, and where; only when one alert is asked for. */
      deliveries?: {
        /**
         * Format: uuid
         * @description Also the webhook-id of a webhook: the same in each try.
         */
        id: string;
        channel: string;
        /** @description raised, changed (it got worse), reminded (it lasts) or resolved. */
        event: string;
        /** @enum {string} */
        state: "due" | "sent" | "given_up";
        tries: number;
        problem: string | null;
        /** Format: date-time */
        createdAt: string;
        endedAt: string | null;
      }[];
    };
    AlertChannel: {
      /** Format: uuid */
      id: string;
      name: string;
      /** @enum {string} */
      type: "webhook" | "slack" | "email";
      /** @description Where it leads, without what is secret. */
      target: string;
      /** Format: date-time */
      createdAt: string;
      sentAt: string | null;
      /** @description Why the last try failed; null while all is well. */
      problem: string | null;
    };
    /**
     * @example {
     *       "name": "on-call",
     *       "type": "webhook",
     *       "url": "https://example.com/hooks/winston"
     *     }
     * @example {
     *       "name": "sales-ops",
     *       "type": "email",
     *       "host": "smtp.example.com",
     *       "from": "winston@example.com",
     *       "to": [
     *         "ops@example.com"
     *       ]
     *     }
     */
    AlertChannelInput:
      | {
          /**
           * @description What it is called.
           * @example on-call
           */
          name: string;
          /** @constant */
          type: "webhook";
          /** Format: uri */
          url: string;
          /** @description With which its receiver checks what it gets: "whsec_" and base64. Made and shown once when absent. */
          secret?: string;
        }
      | {
          /**
           * @description What it is called.
           * @example on-call
           */
          name: string;
          /** @constant */
          type: "slack";
          /**
           * Format: uri
           * @description The address of the incoming webhook. It is kept sealed.
           */
          url: string;
        }
      | {
          /**
           * @description What it is called.
           * @example on-call
           */
          name: string;
          /** @constant */
          type: "email";
          host: string;
          /** @default 587 */
          port: number;
          /**
           * @description tls: from the first byte. starttls: the server must offer it. none: in the clear, for a relay in the house.
           * @default starttls
           * @enum {string}
           */
          security: "tls" | "starttls" | "none";
          from: string;
          to: string[];
          user?: string;
          password?: string;
        };
    AlertChannelList: {
      data: components["schemas"]["AlertChannel"][];
    };
    AlertChannelTest: {
      sent: boolean;
      problem: string | null;
    };
    AlertPage: {
      data: components["schemas"]["Alert"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    BackTest: {
      /** @description The version in force; null where a mapping was given. */
      version: number | null;
      /** @description How many were tried. */
      records: number;
      /** @description Of them, those that the stream's filter leaves alone under this mapping. */
      outside: number;
      rows: {
        index: number;
        field: string | string[];
        record: string | string[];
        direction: string;
        transform: string;
        /** @description They add up to the records tried. */
        counts: {
          ok: number;
          coerced: number;
          rejected: number;
          unchanged: number;
          unread: number;
        };
        conflicts: number;
        /** @description By what refuses, with the words of the first. */
        rejections: {
          rule: string;
          code: string;
          count: number;
          message: string;
        }[];
        /** @description Values here that the row could not write, whether or not they are to be written now; asked of rows that the mapping in force does not have. */
        unwritable: {
          count: number;
          message: string | null;
        };
        examples: {
          /**
           * @description ok: something changes, and the value is taken as it is. coerced: the same in another form. rejected: it cannot be read, or cannot be written where it is to be. unchanged: nothing would change. unread: the record, as it is held, does not carry the field, or a write of it is under way; a plan asks the vendor.
           * @enum {string}
           */
          verdict: "ok" | "coerced" | "rejected" | "unchanged" | "unread";
          recordId: string;
          title: string | null;
          there: unknown[];
          here: unknown[];
          effects: {
            field: string;
            /**
             * @description here: Winston's value would change; there: the record's would; conflict: both differ, and `rule` says who would win.
             * @enum {string}
             */
            side: "here" | "there" | "conflict";
            old: unknown;
            new: unknown;
            rule: string | null;
          }[];
          message: string | null;
        }[];
      }[];
      notes: string[];
    };
    Brake: {
      /** Format: uuid */
      id: string;
      connection: string;
      stream: string;
      kind: string;
      /**
       * @description pull: the vendor deleted or blanked. push: it was done here, and is not carried out at the vendor yet.
       * @enum {string}
       */
      direction: "pull" | "push";
      /** @enum {string} */
      what: "deletion" | "blanking";
      /** @description Of blankings: the field. */
      field: string | null;
      /**
       * @description on: a person is asked. over: nothing waits any more, because all of it is back.
       * @enum {string}
       */
      state: "on" | "released" | "restored" | "over";
      /** @description How many within an hour, when it came on. */
      lost: number;
      /** @description Of how many records, as far as that was counted. */
      records: number;
      /** @description How many wait. */
      waits: number;
      /** @description How many had gone before it came on. */
      went: number;
      /** @description The same in words. */
      says: string;
      /** Format: date-time */
      at: string;
      decidedBy: string | null;
      decidedAt: string | null;
      /** @description The first of them; only when one is asked for. */
      examples?: {
        /** Format: uuid */
        entityId: string;
        recordId: string;
        name: string | null;
        /** @description The value that is lost, of a blanking. */
        value: unknown;
        state: string;
      }[];
    };
    BrakePage: {
      data: components["schemas"]["Brake"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    BulkAnswer: {
      results: {
        /** @description Of the item, from 0. */
        index: number;
        /** @enum {string} */
        status: "created" | "updated" | "unchanged" | "failed";
        id: string | null;
        externalId: string | null;
        errors?: components["schemas"]["FieldProblem"][];
      }[];
      counts: {
        created: number;
        updated: number;
        unchanged: number;
        failed: number;
      };
    };
    Campaign: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Name. */
      name: string | null;
      /** @description Type. */
      type: string | null;
      /** @description Status. */
      status: string | null;
      /** @description Start date. */
      startDate: string | null;
      /** @description End date. */
      endDate: string | null;
      /** @description Budget. */
      budget: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Actual cost. */
      actualCost: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Active. */
      isActive: boolean | null;
      /** @description Description. */
      description: string | null;
      /** @description Parent campaign: the campaign it refers to. */
      parent: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "campaignId": "K-1",
     *           "name": "Spring fair",
     *           "status": "Planned",
     *           "startDate": "2026-04-01"
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    CampaignBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["CampaignInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "campaignId": "K-1",
     *       "name": "Spring fair",
     *       "status": "Planned",
     *       "startDate": "2026-04-01"
     *     }
     */
    CampaignInput: {
      /** @description Your own id of it; "campaignId" says the same. */
      externalId?: string | number | null;
      /** @description Name. */
      name?: string | number | null;
      /** @description Type. */
      type?: string | number | null;
      /** @description Status. */
      status?: string | number | null;
      /** @description Start date. */
      startDate?: string | number | null;
      /** @description End date. */
      endDate?: string | number | null;
      /** @description Budget. */
      budget?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Actual cost. */
      actualCost?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Active. */
      isActive?: boolean | string | number | null;
      /** @description Description. */
      description?: string | number | null;
      /** @description Parent campaign: the campaign it refers to. */
      parent?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    CampaignPage: {
      data: components["schemas"]["Campaign"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @example {
     *       "connection": "acme",
     *       "stream": "lead"
     *     }
     */
    CompareInput: {
      /** @description Only streams of this connection, by id or name. */
      connection?: string;
      /** @description Only streams of this key, such as lead. */
      stream?: string;
      /** @description What was missed is read, what is owed is tried again. What a person must decide is only listed. */
      repair?: boolean;
      /**
       * @description fields when absent.
       * @enum {string}
       */
      depth?: "versions" | "fields";
    };
    Comparison: {
      /** Format: uuid */
      id: string;
      connection: string;
      stream: string;
      /**
       * @description asked: not begun yet.
       * @enum {string}
       */
      state: "asked" | "running" | "done";
      /** @description Who asked; schedule: the clock, once a day. */
      askedBy: string;
      /**
       * @description versions: records are told apart by what the vendor says of their version. fields: all fields of all records are read.
       * @enum {string}
       */
      depth: "versions" | "fields";
      /**
       * @description reads: what was missed is read, as the daily one does. all: what is owed is tried again, too.
       * @enum {string}
       */
      repair: "none" | "reads" | "all";
      /** Format: date-time */
      askedAt: string;
      startedAt: string | null;
      endedAt: string | null;
      /** @description When what was being edited is looked at again. */
      againAt: string | null;
      /** @description Records as the vendor counts them; null where it does not tell. */
      there: number | null;
      /** @description Records as the vendor listed them. */
      listed: number;
      differences: number;
      /** @description Of the differences, those that something was done about. */
      repaired: number;
      /** @description Records that were being edited: no differences. */
      moving: number;
      /** @description API calls it cost. */
      requests: number;
      /** @description What could not be judged. */
      note: string | null;
      /** @description Why its last run failed, while it is under way; it is tried again by itself. */
      error: {
        code: string;
        message: string;
      } | null;
      /** @description What it found by cause; of the last comparison of its stream. */
      causes: {
        cause: string;
        title: string;
        words: string;
        /** @description What to do about it. */
        act: string | null;
        count: number;
        repaired: number;
      }[];
    };
    ComparisonList: {
      data: components["schemas"]["Comparison"][];
    };
    ComparisonPage: {
      data: components["schemas"]["Comparison"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @example {
     *       "yaml": "version: 1\n"
     *     }
     */
    ConfigApply: {
      /** @description The document: YAML, or JSON, which is YAML too. */
      yaml: string;
      /** @description Of the plan that was agreed to. */
      digest?: string;
    };
    ConfigExport: {
      yaml: string;
    };
    /**
     * @example {
     *       "yaml": "version: 1\n"
     *     }
     */
    ConfigInput: {
      /** @description The document: YAML, or JSON, which is YAML too. */
      yaml: string;
    };
    ConfigPlan: {
      changes: {
        /**
         * @description Added, changed, taken away.
         * @enum {string}
         */
        sign: "+" | "~" | "-";
        /** @description As in the document; a mapping's row by the name of its field. */
        path: string;
        /** @description Null where there is none. */
        old: unknown;
        new: unknown;
      }[];
      /** @description Connections that the document names and nobody connected yet, and the command that connects each. Nothing of theirs is applied. */
      missing: {
        connection: string;
        vendor: string;
        command: string;
      }[];
      /** @description What its mappings do that their author may not expect. */
      notes: string[];
      /** @description Stands for exactly these changes: give it to apply them and no others. */
      digest: string;
    };
    Conflict: {
      id: string;
      /** @description Winston's id of the record. */
      entityId: string;
      kind: string;
      field: string;
      connection: string;
      stream: string;
      recordId: string;
      /** @description What both sides last agreed on. */
      baseline: unknown;
      /** @description What Winston had. */
      winston: unknown;
      /** @description What the vendor's record had. */
      record: unknown;
      /**
       * @description open: a person is asked, and neither side moves. given: somebody gave a third value. moot: nobody need decide any more, because both sides agree, the record is gone, or it was asked anew about other values.
       * @enum {string}
       */
      winner: "winston" | "record" | "given" | "open" | "moot";
      /** @description The third value, where that was taken. */
      given: unknown;
      rule: string;
      /** Format: date-time */
      at: string;
      /** @description Who decided an open one. */
      decidedBy: string | null;
      decidedAt: string | null;
      /** @description Who put the losing value back. */
      restoredBy: string | null;
      restoredAt: string | null;
      /** @description What a person knows the record by. */
      title: string | null;
      /** @description Of the things that the values of a reference field name: by id, what a person knows them by. */
      names: {
        [key: string]: string;
      };
    };
    ConflictPage: {
      data: components["schemas"]["Conflict"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @example {
     *       "take": "record"
     *     }
     * @example {
     *       "value": "Ada"
     *     }
     */
    ConflictTaking: {
      /**
       * @description Whose value is taken. Without it and without `value` the losing value of a decided conflict is put back.
       * @enum {string}
       */
      take?: "winston" | "record";
      /** @description Another value than both, for an open conflict; null clears the field. */
      value?: unknown;
      /** @description Put a losing value back also over a later edit. */
      force?: boolean;
    };
    ConflictsTaken: {
      results: {
        id: string;
        /**
         * @description unchanged: the value was there already.
         * @enum {string}
         */
        status: "taken" | "unchanged" | "failed";
        conflict?: components["schemas"]["Conflict"];
        errors?: components["schemas"]["FieldProblem"][];
      }[];
      counts: {
        taken: number;
        unchanged: number;
        failed: number;
      };
    };
    /**
     * @example {
     *       "ids": [
     *         "01890a5d-ac96-774b-bcce-b302099a8057"
     *       ],
     *       "take": "winston"
     *     }
     */
    ConflictsTaking: {
      ids: string[];
      /**
       * @description Whose value is taken. Without it and without `value` the losing value of a decided conflict is put back.
       * @enum {string}
       */
      take?: "winston" | "record";
      /** @description Another value than both, for an open conflict; null clears the field. */
      value?: unknown;
      /** @description Put a losing value back also over a later edit. */
      force?: boolean;
    };
    Connection: {
      /** Format: uuid */
      id: string;
      vendor: string;
      name: string;
      organisationId: string | null;
      organisationLabel: string | null;
      environment: string | null;
      /**
       * @description observe: reads, never writes; plan: writes only approved plans; write: writes.
       * @enum {string}
       */
      mode: "observe" | "plan" | "write";
      paused: boolean;
      /** @description Null: everything that is owed is written there. */
      rollout: {
        /** @description Of a hundred things, those that are written there; always the same ones. */
        percent: number;
        /** @description How many are written there whatever the share. */
        records: number;
      } | null;
      /** @description Why it does not run, in words a person can act on; null while all is well. */
      problem: string | null;
      /** @description Versions of the vendor's API that it speaks and that end within half a year, the nearest first. */
      endings: {
        version: string;
        /** Format: date-time */
        endsAt: string;
        /** @description What ends when, and what to do. */
        message: string;
        /** @description Within a month, or over. */
        near: boolean;
      }[];
      /** Format: date-time */
      createdAt: string;
    };
    /**
     * @example {
     *       "paused": true
     *     }
     * @example {
     *       "rollout": {
     *         "percent": 10
     *       }
     *     }
     */
    ConnectionChange: {
      /**
       * @description observe: reads, never writes; plan: writes only approved plans; write: writes.
       * @enum {string}
       */
      mode?: "observe" | "plan" | "write";
      /** @description false lets go at once what waited. POST /api/plans with this `connection`, while it is paused, says first what that is; `winston resume` does both, and asks in between. */
      paused?: boolean;
      rollout?: {
        percent: number;
        /** @description Ids of things in Winston, in place of those before; absent: as they were. */
        records?: string[];
      } | null;
    };
    /**
     * @example {
     *       "vendor": "tern",
     *       "name": "acme",
     *       "settings": {},
     *       "secrets": {
     *         "apiKey": "..."
     *       },
     *       "mode": "observe"
     *     }
     */
    ConnectionInput: {
      /** @description The connector's key: see GET /api/connectors. */
      vendor: string;
      name?: string;
      /** @default {} */
      settings: {
        [key: string]: unknown;
      };
      /**
       * @description What the connector asks for: see GET /api/connectors.
       * @default {}
       */
      secrets: {
        [key: string]: string;
      };
      /**
       * @description observe: reads, never writes; plan: writes only approved plans; write: writes.
       * @default observe
       * @enum {string}
       */
      mode: "observe" | "plan" | "write";
      /** @description What is chosen of streams before their first load, by key: as in PATCH /api/streams/{id}. */
      streams?: {
        [key: string]: components["schemas"]["StreamChange"];
      };
    };
    ConnectionList: {
      data: components["schemas"]["Connection"][];
    };
    Connector: {
      key: string;
      title: string;
      docs: string;
      /**
       * @description What was shown, never more: from documentation, against our simulator, on a real account.
       * @enum {string}
       */
      badge: "drafted" | "simulated" | "verified";
      secrets: {
        key: string;
        title: string;
        optional: boolean;
      }[];
      /** @description JSON Schema of the settings. */
      settings: {
        [key: string]: unknown;
      };
      streams: {
        key: string;
        title: string;
        kind: string;
        stage: string | null;
      }[];
    };
    ConnectorList: {
      data: components["schemas"]["Connector"][];
    };
    Contact: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /**
       * @description A contact is a lead that was converted: one person, one id.
       * @enum {string}
       */
      stage: "lead" | "contact";
      /** @description First and last name together. */
      name: string | null;
      /** @description First name. */
      firstName: string | null;
      /** @description Last name. */
      lastName: string | null;
      /** @description Salutation. */
      salutation: string | null;
      /** @description Job title. */
      title: string | null;
      /** @description Email. */
      email: string | null;
      /** @description Phone. */
      phone: string | null;
      /** @description Mobile phone. */
      mobile: string | null;
      /** @description Company. */
      company: string | null;
      /** @description Website. */
      website: string | null;
      /** @description Street. */
      street: string | null;
      /** @description City. */
      city: string | null;
      /** @description State or province. */
      state: string | null;
      /** @description Postal code. */
      postalCode: string | null;
      /** @description Country. */
      country: string | null;
      /** @description Source. */
      source: string | null;
      /** @description Status. */
      status: string | null;
      /** @description Rating. */
      rating: string | null;
      /** @description Industry. */
      industry: string | null;
      /** @description Employees. */
      employees: number | string | null;
      /** @description Annual revenue. */
      annualRevenue: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Description. */
      description: string | null;
      /** @description Do not email. */
      doNotEmail: boolean | null;
      /** @description Do not call. */
      doNotCall: boolean | null;
      /** @description Birthday. */
      birthday: string | null;
      /** @description Account: the account it refers to. */
      account: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "contactId": "C-17",
     *           "email": "grace@example.com",
     *           "firstName": "Grace",
     *           "lastName": "Hopper",
     *           "accountId": "A-3"
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    ContactBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["ContactInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "contactId": "C-17",
     *       "email": "grace@example.com",
     *       "firstName": "Grace",
     *       "lastName": "Hopper",
     *       "accountId": "A-3"
     *     }
     */
    ContactInput: {
      /** @description Your own id of it; "contactId" says the same. */
      externalId?: string | number | null;
      /** @description A whole name; split into firstName and lastName where those are not given. */
      name?: string | null;
      /** @description First name. */
      firstName?: string | number | null;
      /** @description Last name. */
      lastName?: string | number | null;
      /** @description Salutation. */
      salutation?: string | number | null;
      /** @description Job title. */
      title?: string | number | null;
      /** @description Email. */
      email?: string | number | null;
      /** @description Phone. */
      phone?: string | number | null;
      /** @description Mobile phone. */
      mobile?: string | number | null;
      /** @description Company. */
      company?: string | number | null;
      /** @description Website. */
      website?: string | number | null;
      /** @description Street. */
      street?: string | number | null;
      /** @description City. */
      city?: string | number | null;
      /** @description State or province. */
      state?: string | number | null;
      /** @description Postal code. */
      postalCode?: string | number | null;
      /** @description Country. */
      country?: string | number | null;
      /** @description Source. */
      source?: string | number | null;
      /** @description Status. */
      status?: string | number | null;
      /** @description Rating. */
      rating?: string | number | null;
      /** @description Industry. */
      industry?: string | number | null;
      /** @description Employees. */
      employees?: number | string | null;
      /** @description Annual revenue. */
      annualRevenue?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Description. */
      description?: string | number | null;
      /** @description Do not email. */
      doNotEmail?: boolean | string | number | null;
      /** @description Do not call. */
      doNotCall?: boolean | string | number | null;
      /** @description Birthday. */
      birthday?: string | number | null;
      /** @description Account: the account it refers to. */
      account?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    ContactPage: {
      data: components["schemas"]["Contact"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Deal: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Name. */
      name: string | null;
      /** @description Amount. */
      amount: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Stage. */
      stage: string | null;
      /** @description Probability in percent. */
      probability: number | string | null;
      /** @description Closed, won or lost. */
      isClosed: boolean | null;
      /** @description Closed and won. */
      isWon: boolean | null;
      /** @description Stages with the times they began. */
      stageHistory: unknown;
      /** @description Close date. */
      closeDate: string | null;
      /** @description Type. */
      type: string | null;
      /** @description Source. */
      source: string | null;
      /** @description Description. */
      description: string | null;
      /** @description Next step. */
      nextStep: string | null;
      /** @description Account: the account it refers to. */
      account: string | null;
      /** @description Campaign: the campaign it refers to. */
      campaign: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "dealId": "D-9",
     *           "name": "Engine no. 2",
     *           "amount": "12000.50",
     *           "stage": "Proposal",
     *           "closeDate": "2026-09-30",
     *           "accountId": "A-3"
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    DealBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["DealInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    DealContact: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Deal: the deal it refers to. */
      deal: string | null;
      /** @description Contact: the person it refers to. */
      contact: string | null;
      /** @description Role of the contact in the deal. */
      role: string | null;
      /** @description The deal's primary contact. */
      primary: boolean | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "dealId": "D-9",
     *           "contactId": "C-17",
     *           "role": "Decision Maker",
     *           "primary": true
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    DealContactBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["DealContactInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "dealId": "D-9",
     *       "contactId": "C-17",
     *       "role": "Decision Maker",
     *       "primary": true
     *     }
     */
    DealContactInput: {
      /** @description Your own id of it; "dealContactId" says the same. */
      externalId?: string | number | null;
      /** @description Deal: the deal it refers to. */
      deal?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Contact: the person it refers to. */
      contact?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Role of the contact in the deal. */
      role?: string | number | null;
      /** @description The deal's primary contact. */
      primary?: boolean | string | number | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    DealContactPage: {
      data: components["schemas"]["DealContact"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "dealId": "D-9",
     *       "name": "Engine no. 2",
     *       "amount": "12000.50",
     *       "stage": "Proposal",
     *       "closeDate": "2026-09-30",
     *       "accountId": "A-3"
     *     }
     */
    DealInput: {
      /** @description Your own id of it; "dealId" says the same. */
      externalId?: string | number | null;
      /** @description Name. */
      name?: string | number | null;
      /** @description Amount. */
      amount?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Stage. */
      stage?: string | number | null;
      /** @description Probability in percent. */
      probability?: number | string | null;
      /** @description Closed, won or lost. */
      isClosed?: boolean | string | number | null;
      /** @description Closed and won. */
      isWon?: boolean | string | number | null;
      /** @description Stages with the times they began. */
      stageHistory?: unknown;
      /** @description Close date. */
      closeDate?: string | number | null;
      /** @description Type. */
      type?: string | number | null;
      /** @description Source. */
      source?: string | number | null;
      /** @description Description. */
      description?: string | number | null;
      /** @description Next step. */
      nextStep?: string | number | null;
      /** @description Account: the account it refers to. */
      account?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Campaign: the campaign it refers to. */
      campaign?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    DealPage: {
      data: components["schemas"]["Deal"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Difference: {
      id: string;
      /** Format: uuid */
      comparisonId: string;
      connection: string;
      stream: string;
      kind: string;
      cause: string;
      message: string;
      act: string | null;
      field: string | null;
      /** @description The vendor's id. */
      recordId: string | null;
      /** @description Winston's id. */
      entityId: string | null;
      /** @description The vendor's value, where it is one field. */
      there: unknown;
      /** @description Winston's. */
      here: unknown;
      /**
       * Format: date-time
       * @description When a comparison found it first.
       */
      firstAt: string;
      /** Format: date-time */
      foundAt: string;
      /** @description When something was done about it. */
      repairedAt: string | null;
    };
    DifferencePage: {
      data: components["schemas"]["Difference"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Duplicate: {
      /** Format: uuid */
      id: string;
      kind: string;
      /**
       * @description open: nobody has said yet what they are.
       * @enum {string}
       */
      state: "open" | "same" | "different";
      /** @description Why they may be one: what both are known by. */
      shared: {
        key: string;
        value: string;
      }[];
      /** @description The connection that keeps only one of the two and refused the other; null where they look alike by themselves. */
      connection: string | null;
      /** @description One of the two, as its own resource shows it, with where it lives at vendors. */
      left: {
        /** Format: uuid */
        id: string;
        externalId: string | null;
      } & {
        [key: string]: unknown;
      };
      /** @description One of the two, as its own resource shows it, with where it lives at vendors. */
      right: {
        /** Format: uuid */
        id: string;
        externalId: string | null;
      } & {
        [key: string]: unknown;
      };
      /** Format: date-time */
      foundAt: string;
    };
    /**
     * @example {
     *       "decision": "same"
     *     }
     */
    DuplicateDecision: {
      /** @enum {string} */
      decision: "same" | "different";
    };
    DuplicateMerge: {
      pair: components["schemas"]["Duplicate"];
      merged: {
        connection: string;
        stream: string;
        /** @description The vendor's id of the record that took in the other. */
        kept: string;
        lost: string;
        /** @description Where both are now: the record kept, unless the vendor made a new one of both. */
        survivor: string;
      }[];
    };
    /**
     * @example {
     *       "keep": "left"
     *     }
     */
    DuplicateMergeInput: {
      /**
       * @description Which of the two stays. By itself the older does, except that a contact takes in a lead.
       * @enum {string}
       */
      keep?: "left" | "right";
    };
    DuplicatePage: {
      data: components["schemas"]["Duplicate"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Explanation: {
      /** Format: uuid */
      id: string;
      kind: string;
      version: number;
      deletedAt: string | null;
      asOf: string | null;
      /** @description The records that are taken for it, and why. As they are now, also with asOf. */
      links: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
        /**
         * Format: date-time
         * @description When the record was linked first.
         */
        linkedAt: string;
        /** @description null: it was linked before this was kept. */
        reason: ("new" | "created" | "handle" | "keys" | "person" | "split" | "merge" | "conversion") | null;
        /** @description What that rests on: the keys with their values, who said it, which records were made one. */
        basis: {
          [key: string]: unknown;
        } | null;
        /** @description The same in words. */
        because: string;
      }[];
      fields: {
        field: string;
        value: unknown;
        /** @description The change that set it. */
        set: {
          /** Format: date-time */
          at: string;
          version: number;
          /**
           * @description Who, as history names it: a connection, a key, an import, an undo.
           * @example connection:crm
           */
          by: string;
          before: unknown;
          stream: string | null;
          run: string | null;
          mappingVersion: number | null;
          request: {
            /** Format: date-time */
            at: string;
            method: string;
            path: string;
            /** @description null: no answer came. */
            status: number | null;
          } | null;
          /** @description Of a reference that waited for what it names: since when. Run and request are of the reading that brought it then. */
          waitedSince: string | null;
          /** @description When it happened, as far as it was observed. */
          observed: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
          };
        };
        /** @description The decision by which the value stands, where two sides had changed it and nobody set it since; null where no rule decided. Winner `open`: a person is asked. */
        rule: {
          rule: string;
          winner: string;
          lost: unknown;
          against: string | null;
          conflict: string;
          /** Format: date-time */
          at: string;
        } | null;
        places: {
          connection: string;
          stream: string;
          /** @description null: it has no record there; it would be made, or waits. */
          recordId: string | null;
          /** @description Of its link, or absent. */
          state: string;
          /** @description What both sides last agreed on; with asOf, had by then. */
          agreed: unknown;
          /** @description false: nothing that is kept tells what was agreed on at the time that is asked about. */
          agreedTold: boolean;
          sent: {
            /** Format: date-time */
            at: string;
            value: unknown;
            outcome: string;
            answer: {
              [key: string]: unknown;
            } | null;
            run: string | null;
            request: {
              /** Format: date-time */
              at: string;
              method: string;
              path: string;
              /** @description null: no answer came. */
              status: number | null;
            } | null;
          } | null;
          /** @description What the next sync would do about it; with asOf, that this is not told. */
          next: string;
        }[];
      }[];
      /** @description Of the things that values of reference fields name: by id, what a person knows them by. */
      names: {
        [key: string]: string;
      };
    };
    Field: {
      kind: string;
      key: string;
      /** @enum {string} */
      type:
        | "text"
        | "email"
        | "phone"
        | "url"
        | "number"
        | "boolean"
        | "date"
        | "datetime"
        | "money"
        | "picklist"
        | "multipicklist"
        | "reference"
        | "json";
      label: string;
      custom: boolean;
      /** @description The kind a reference points to. */
      target: string | null;
    };
    /**
     * @example {
     *       "kind": "person",
     *       "key": "shoeSize",
     *       "type": "number",
     *       "label": "Shoe size"
     *     }
     */
    FieldInput: {
      /** @enum {string} */
      kind: "person" | "account" | "deal" | "campaign" | "deal-contact" | "activity" | "user";
      key: string;
      /** @enum {string} */
      type:
        | "text"
        | "email"
        | "phone"
        | "url"
        | "number"
        | "boolean"
        | "date"
        | "datetime"
        | "money"
        | "picklist"
        | "multipicklist"
        | "reference"
        | "json";
      label?: string;
      /** @enum {string} */
      target?: "person" | "account" | "deal" | "campaign" | "deal-contact" | "activity" | "user";
    };
    FieldList: {
      data: components["schemas"]["Field"][];
    };
    FieldMappings: {
      document: {
        field_mappings: {
          crm: {
            [key: string]: string;
          };
          winston: {
            [key: string]: string;
          };
        };
      };
      notes: string[];
    };
    FieldProblem: {
      /**
       * @description JSON pointer to what is wrong; into the query or the path it begins with /query or /path.
       * @example /items/3/email
       */
      pointer: string;
      code: string;
      message: string;
    };
    FieldSurvey: {
      /** @description How many held records were looked at: the last ones. */
      records: number;
      vendor: ({
        name: string;
        label: string;
        type: string;
        custom: boolean;
        /** @description Must be given when a record is made. */
        required: boolean;
        createable: boolean;
        /** @description Neither createable nor updateable: it can only be read. */
        updateable: boolean;
        unique: boolean;
        /** @description Records that say something of it. 0: not known, for a vendor's field is read while it is mapped. */
        read: number;
        filled: number;
        /** @description Some of its values, the commonest first. */
        samples: unknown[];
        /** @description The other side's fields in the rows that name it. */
        mapped: string[];
      } & {
        [key: string]: unknown;
      })[];
      winston: {
        key: string;
        label: string;
        type: string;
        custom: boolean;
        target: string | null;
        /** @description Records that say something of it. 0: not known, for a vendor's field is read while it is mapped. */
        read: number;
        filled: number;
        /** @description Some of its values, the commonest first. */
        samples: unknown[];
        /** @description The other side's fields in the rows that name it. */
        mapped: string[];
      }[];
    };
    Flow: {
      /** @enum {string} */
      status: "flows" | "does not flow";
      /**
       * @description How many streams are in each state.
       * @example {
       *       "ok": 12,
       *       "failing": 1
       *     }
       */
      streams: {
        [key: string]: number;
      };
      /** @description Those that are not over. */
      alerts: {
        warning: number;
        critical: number;
      };
    };
    FrozenField: {
      /** Format: uuid */
      id: string;
      /** Format: uuid */
      entityId: string;
      kind: string;
      name: string | null;
      field: string;
      /** @enum {string} */
      state: "on" | "released";
      /** @description Both who set it. */
      writers: {
        /** @description As history names it. */
        actor: string;
        connection: string | null;
        stream: string | null;
        /** @description The version of the stream's mapping. */
        mapping: number | null;
        /** @description The vendor's field, by that mapping. */
        recordField: string | null;
        /** @description What it sets. */
        value: unknown;
      }[];
      /** @description The same in words. */
      says: string;
      /** Format: date-time */
      at: string;
      releasedBy: string | null;
      releasedAt: string | null;
    };
    FrozenPage: {
      data: components["schemas"]["FrozenField"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Health: {
      /** @constant */
      status: "ok";
    };
    History: {
      data: {
        version: number;
        /** Format: date-time */
        at: string;
        /**
         * @description Who: a key, an import, a connection.
         * @example key:start
         */
        actor: string;
        runId: string | null;
        changes: {
          [key: string]: {
            old: unknown;
            new: unknown;
          };
        };
      }[];
    };
    Key: {
      id: string;
      name: string;
      /** @description The first characters of the token. */
      prefix: string | null;
      scopes: string[];
      createdAt: string | null;
      expiresAt: string | null;
      usedAt: string | null;
      revokedAt: string | null;
    };
    /**
     * @example {
     *       "name": "nightly import",
     *       "scopes": [
     *         "records:read",
     *         "records:write"
     *       ]
     *     }
     */
    KeyInput: {
      name: string;
      scopes: (
        | "records:read"
        | "records:write"
        | "connections:read"
        | "connections:write"
        | "runs:read"
        | "runs:write"
        | "keys:write"
        | "admin"
      )[];
      /**
       * Format: date-time
       * @description When it stops working; never when absent.
       */
      expiresAt?: string;
    };
    KeyList: {
      data: components["schemas"]["Key"][];
    };
    Lead: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /**
       * @description A contact is a lead that was converted: one person, one id.
       * @enum {string}
       */
      stage: "lead" | "contact";
      /** @description First and last name together. */
      name: string | null;
      /** @description First name. */
      firstName: string | null;
      /** @description Last name. */
      lastName: string | null;
      /** @description Salutation. */
      salutation: string | null;
      /** @description Job title. */
      title: string | null;
      /** @description Email. */
      email: string | null;
      /** @description Phone. */
      phone: string | null;
      /** @description Mobile phone. */
      mobile: string | null;
      /** @description Company. */
      company: string | null;
      /** @description Website. */
      website: string | null;
      /** @description Street. */
      street: string | null;
      /** @description City. */
      city: string | null;
      /** @description State or province. */
      state: string | null;
      /** @description Postal code. */
      postalCode: string | null;
      /** @description Country. */
      country: string | null;
      /** @description Source. */
      source: string | null;
      /** @description Status. */
      status: string | null;
      /** @description Rating. */
      rating: string | null;
      /** @description Industry. */
      industry: string | null;
      /** @description Employees. */
      employees: number | string | null;
      /** @description Annual revenue. */
      annualRevenue: {
        amount: string;
        currency: string | null;
      } | null;
      /** @description Description. */
      description: string | null;
      /** @description Do not email. */
      doNotEmail: boolean | null;
      /** @description Do not call. */
      doNotCall: boolean | null;
      /** @description Birthday. */
      birthday: string | null;
      /** @description Account: the account it refers to. */
      account: string | null;
      /** @description Owner: the user it refers to. */
      owner: string | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "leadId": "L-1001",
     *           "email": "ada@example.com",
     *           "name": "Ada Lovelace",
     *           "company": "Analytical Engines"
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    LeadBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["LeadInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "leadId": "L-1001",
     *       "email": "ada@example.com",
     *       "name": "Ada Lovelace",
     *       "company": "Analytical Engines"
     *     }
     */
    LeadInput: {
      /** @description Your own id of it; "leadId" says the same. */
      externalId?: string | number | null;
      /** @description A whole name; split into firstName and lastName where those are not given. */
      name?: string | null;
      /** @description First name. */
      firstName?: string | number | null;
      /** @description Last name. */
      lastName?: string | number | null;
      /** @description Salutation. */
      salutation?: string | number | null;
      /** @description Job title. */
      title?: string | number | null;
      /** @description Email. */
      email?: string | number | null;
      /** @description Phone. */
      phone?: string | number | null;
      /** @description Mobile phone. */
      mobile?: string | number | null;
      /** @description Company. */
      company?: string | number | null;
      /** @description Website. */
      website?: string | number | null;
      /** @description Street. */
      street?: string | number | null;
      /** @description City. */
      city?: string | number | null;
      /** @description State or province. */
      state?: string | number | null;
      /** @description Postal code. */
      postalCode?: string | number | null;
      /** @description Country. */
      country?: string | number | null;
      /** @description Source. */
      source?: string | number | null;
      /** @description Status. */
      status?: string | number | null;
      /** @description Rating. */
      rating?: string | number | null;
      /** @description Industry. */
      industry?: string | number | null;
      /** @description Employees. */
      employees?: number | string | null;
      /** @description Annual revenue. */
      annualRevenue?:
        | (
            | number
            | string
            | {
                amount: string | number;
                currency?: string | null;
              }
          )
        | null;
      /** @description Description. */
      description?: string | number | null;
      /** @description Do not email. */
      doNotEmail?: boolean | string | number | null;
      /** @description Do not call. */
      doNotCall?: boolean | string | number | null;
      /** @description Birthday. */
      birthday?: string | number | null;
      /** @description Account: the account it refers to. */
      account?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Owner: the user it refers to. */
      owner?:
        | (
            | string
            | number
            | {
                id: string;
              }
            | {
                externalId: string | number;
              }
            | {
                email: string;
              }
            | {
                name: string;
              }
          )
        | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    LeadPage: {
      data: components["schemas"]["Lead"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Mapping: {
      version: number;
      document: {
        [key: string]: unknown;
      };
      notes: string[];
    };
    MappingCheck: {
      usable: boolean;
      /** @description As it would be in force. */
      document: {
        [key: string]: unknown;
      } | null;
      /** @description What it does that its author may not expect. */
      notes: string[];
      problems: {
        pointer: string;
        code: string;
        message: string;
      }[];
      /** @description The same with the rows that lose something set to one way, where that is all that is wrong. */
      offer: {
        [key: string]: unknown;
      } | null;
    };
    /**
     * @description See docs/reference/mappings.md.
     * @example {
     *       "kind": "person",
     *       "stage": "lead",
     *       "rows": [
     *         {
     *           "field": "email",
     *           "record": "Email",
     *           "direction": "both",
     *           "transform": "email"
     *         }
     *       ]
     *     }
     */
    MappingDocument: {
      kind: string;
      rows: {
        [key: string]: unknown;
      }[];
    } & {
      [key: string]: unknown;
    };
    MappingPut: {
      version: number;
      notes: string[];
    };
    MappingSuggestions: {
      suggestions: {
        row: {
          [key: string]: unknown;
        };
        reasons: string[];
      }[];
      /** @description The mapping in force with these rows after its own. */
      document: {
        [key: string]: unknown;
      };
    };
    MappingTest: {
      /** @description The version in force; null where a mapping was given. */
      version: number | null;
      /** @description The vendor's id of the record. */
      recordId: string;
      entityId: string;
      title: string | null;
      /** @description Whether the stream's filter leaves it alone under this mapping. */
      outside: boolean;
      rows: {
        index: number;
        field: string | string[];
        record: string | string[];
        direction: string;
        transform: string;
        /**
         * @description ok: something changes, and the value is taken as it is. coerced: the same in another form. rejected: it cannot be read, or cannot be written where it is to be. unchanged: nothing would change. unread: the record, as it is held, does not carry the field, or a write of it is under way; a plan asks the vendor.
         * @enum {string}
         */
        verdict: "ok" | "coerced" | "rejected" | "unchanged" | "unread";
        /** @description What refuses it: the row's transform. */
        rule: string | null;
        code: string | null;
        message: string | null;
        /** @description Reading: the vendor's values to Winston's, and back. */
        in: {
          /** @enum {string} */
          verdict: "ok" | "coerced" | "rejected" | "unread";
          from: unknown[];
          to: unknown[];
          /** @description What the result would become on the way back; empty where it has none. */
          back: unknown[];
          code: string | null;
          message: string | null;
        } | null;
        /** @description Writing: Winston's values to the vendor's, and back. waits: a target that cannot be named there yet. */
        out: {
          /** @enum {string} */
          verdict: "ok" | "coerced" | "rejected" | "waits";
          from: unknown[];
          to: unknown[];
          /** @description What the result would become on the way back; empty where it has none. */
          back: unknown[];
          code: string | null;
          message: string | null;
        } | null;
        effects: {
          field: string;
          /**
           * @description here: Winston's value would change; there: the record's would; conflict: both differ, and `rule` says who would win.
           * @enum {string}
           */
          side: "here" | "there" | "conflict";
          old: unknown;
          new: unknown;
          rule: string | null;
        }[];
      }[];
      notes: string[];
    };
    MappingVersion: {
      version: number;
      inForce: boolean;
      /** Format: date-time */
      createdAt: string;
      /**
       * @description Who put it there.
       * @example key:start
       */
      actor: string;
      /** @description How many rows it has. */
      rows: number;
      /** @description The filter that goes with it; null: all. */
      filter: {
        in: string | null;
        out: string | null;
      };
    };
    MappingVersionList: {
      data: components["schemas"]["MappingVersion"][];
    };
    MappingVersionWhole: {
      version: number;
      inForce: boolean;
      /** Format: date-time */
      createdAt: string;
      /**
       * @description Who put it there.
       * @example key:start
       */
      actor: string;
      /** @description How many rows it has. */
      rows: number;
      /** @description The filter that goes with it; null: all. */
      filter: {
        in: string | null;
        out: string | null;
      };
      document: {
        [key: string]: unknown;
      };
    };
    NewAlertChannel: {
      channel: components["schemas"]["AlertChannel"];
      /** @description Shown here and nowhere else. */
      secret: string | null;
    };
    NewKey: {
      id: string;
      name: string;
      scopes: string[];
      token: string;
    };
    Origins: {
      data: {
        field: string;
        value: unknown;
        /**
         * @description vendor: it was read from a vendor's record. here: `actor` set it in Winston. unknown: nobody wrote it down.
         * @enum {string}
         */
        source: "vendor" | "here" | "unknown";
        /**
         * @description Null also where the connection was removed since.
         * @example acme
         */
        connection: string | null;
        stream: string | null;
        /** @description The vendor's id of the record; null where it is linked no more. */
        recordId: string | null;
        /**
         * @description Who here: a key, an import.
         * @example key:start
         */
        actor: string | null;
        /** @description The span in which it was set begins here, as far as it was observed: an edit here is a moment, a vendor's stamp is as exact as the vendor says. Null where nobody had looked before. */
        setFrom: string | null;
        /** @description And ends here. */
        setTo: string | null;
        /** @description When it came to stand in Winston; null where the history no longer reaches back so far. */
        takenAt: string | null;
        /** @description With which version of the record: see its history. */
        version: number | null;
        /**
         * @description Against a value from elsewhere: its system owns the field, or yields it to everybody; else all are equal.
         * @enum {string}
         */
        standing: "owner" | "equal" | "yields";
        /**
         * @description What decides between values of equal standing.
         * @enum {string}
         */
        rule: "ask" | "restrictive" | "nonBlank" | "newest";
      }[];
    };
    Parked: {
      connection: string;
      stream: string;
      /** @enum {string} */
      side: "pull" | "push";
      /** @description The vendor's record id (pull) or Winston's id (push). */
      subject: string;
      reason: string;
      /** @description The vendor's own words where it is the vendor that refused. */
      message: string;
      field: string | null;
      vendor: unknown;
      times: number;
      /** Format: date-time */
      firstAt: string;
      /** Format: date-time */
      lastAt: string;
    };
    ParkedPage: {
      data: components["schemas"]["Parked"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    Plan: {
      /** Format: uuid */
      id: string;
      /**
       * @description ready: it may be applied. applied: every line of class write is done, skipped or excluded.
       * @enum {string}
       */
      state: "computing" | "ready" | "failed" | "applying" | "applied";
      /** @description What it was asked for; null for every connection. */
      connection: string | null;
      stream: string | null;
      createdBy: string;
      /** Format: date-time */
      createdAt: string;
      readyAt: string | null;
      /** @description Who was named for it (`approvedBy` when it was applied), else the key. */
      approvedBy: string | null;
      /** @description The key that applied it, whoever was named; null of a plan that was applied before this was kept. */
      appliedBy: string | null;
      approvedAt: string | null;
      appliedAt: string | null;
      /** @description What it undoes, in words; null for the plan of a sync. */
      undoes: string | null;
      /** @description The change of a stream that it shows, in words: it was not made, and such a plan is not applied. */
      supposes: string | null;
      /** @description How many lines of what. */
      totals: {
        /** @enum {string} */
        class: "write" | "here" | "link" | "duplicate" | "conflict" | "reject" | "leave";
        op: string;
        kind: string;
        connection: string | null;
        stream: string | null;
        /** @enum {string} */
        state: "open" | "done" | "skipped" | "excluded";
        count: number;
        /** @description Values that would be blank afterwards and are not now. */
        blanks: number;
      }[];
      /** @description API calls, by connection. */
      requests: {
        connection: string;
        /** @description Sent to compute the plan. */
        read: number;
        /** @description Reading once more what changed, before anything is written, as a sync would do it. */
        first: number;
        /** @description What applying it takes: `again` and `writes`. Tries that must be repeated are not in it. */
        toApply: number;
        /** @description Reading once more what is to be written. */
        again: number;
        /** @description The calls that write. */
        writes: number;
        /** @description What the vendor says is left of its day; null where it does not tell, or lets nobody come to its end. */
        left: number | null;
        /** @description By limit of the vendor's; a call counts for each limit that it spends from. */
        classes: {
          class: string;
          /** @description Sent to compute the plan. */
          read: number;
          /** @description Reading once more what changed, before anything is written, as a sync would do it. */
          first: number;
          /** @description What applying it takes: `again` and `writes`. Tries that must be repeated are not in it. */
          toApply: number;
          /** @description Reading once more what is to be written. */
          again: number;
          /** @description The calls that write. */
          writes: number;
          /** @description What the vendor says is left of its day; null where it does not tell, or lets nobody come to its end. */
          left: number | null;
          /** @description Where what is left does not suffice: the rest waits, and goes on by itself. Else null. */
          runsDry: {
            /** @description How long what is left lasts once applying begins; null where nothing tells. */
            afterMs: number | null;
            /** @description When the vendor gives more; null where it does so bit by bit. */
            renewsAt: string | null;
          } | null;
        }[];
      }[];
      /** @description What waited for a person in what was read when it was computed, and is therefore no line of it; null of an undo. */
      waiting: {
        /** @description Writes that wait for whether the record is there already. */
        held: number;
        parked: number;
        /** @description Fields about which a person is asked. */
        conflicts: number;
        /** @description Pairs that may be one thing each. */
        duplicates: number;
        /** @description Deletions and blankings that the brake holds. */
        braked: number;
      } | null;
      notes: string[];
      error: {
        code: string;
        message: string;
      } | null;
    };
    /**
     * @example {
     *       "strict": true,
     *       "exclude": [
     *         3
     *       ]
     *     }
     */
    PlanApplication: {
      strict?: boolean;
      /** @description Numbers of lines that are not to be written; of an undo, all of the things that they are about. Refused (409) where the sync writes by itself, and would write them all the same, and (400) where the plan writes no such line. */
      exclude?: number[];
      /** @description Winston's ids of things nothing of which is to be written. Refused (400) where the plan writes nothing of one. */
      excludeRecords?: string[];
      /** @description Who approved it, where that is not the key's own name. The key is kept beside it. */
      approvedBy?: string;
      /** @description Do nothing, and answer the plan with the totals that it would begin with: without what is left out. */
      dryRun?: boolean;
    };
    PlanChange: {
      /** @description Of the line, from 1; `exclude` takes it. */
      number: number;
      /**
       * @description write: at a vendor. here: of Winston's own. link: a record known as a thing that is here. duplicate: what may be one thing. conflict: both sides changed a field. reject: what would be parked. leave: what a change that is supposed would touch no longer; nothing of it is deleted or blanked.
       * @enum {string}
       */
      class: "write" | "here" | "link" | "duplicate" | "conflict" | "reject" | "leave";
      /** @description create, update, delete, merge, match, ask; of a conflict, who wins; of a reject, its side; of a leave, record or field. */
      op: string;
      kind: string;
      connection: string | null;
      stream: string | null;
      recordId: string | null;
      entityId: string | null;
      /** @description The thing is not here yet: the plan itself would make it. */
      planned: boolean;
      /** @description What a person knows it by. */
      title: string | null;
      /** @description By field of Winston's: what stands on the side that changes, what would stand, where that is from, and the rule that decided. */
      fields: {
        [key: string]: {
          old: unknown;
          new: unknown;
          /**
           * @description As history names it: a connection, a key, an import.
           * @example connection:crm
           */
          from: string | null;
          /**
           * @description By which it stands, where both sides had changed the field.
           * @example newest
           */
          rule: string | null;
        };
      };
      /** @description Of the things that values of reference fields name: by id, what a person knows them by. */
      names: {
        [key: string]: string;
      };
      detail: {
        [key: string]: unknown;
      } | null;
      /** @enum {string} */
      state: "open" | "done" | "skipped" | "excluded";
      /** @description Why a line was left out when the plan was applied. */
      reason: string | null;
    };
    PlanChangePage: {
      data: components["schemas"]["PlanChange"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @example {
     *       "connection": "crm"
     *     }
     * @example {
     *       "suppose": {
     *         "streamId": 3,
     *         "settings": {
     *           "filter": {
     *             "in": "doNotCall == false"
     *           }
     *         }
     *       }
     *     }
     */
    PlanInput: {
      /** @description Only this connection, by id or name, is read; what its sync would write anywhere is shown. */
      connection?: string;
      /** @description Only streams of this key are read. */
      stream?: string;
      /** @description Show what a change of this stream would write anywhere, beside what is owed already. The change is not made. In place of `connection` and `stream`. */
      suppose?: {
        streamId: number;
        settings?: components["schemas"]["StreamChange"];
        /** @description As in PUT /api/streams/{id}/mapping. */
        mapping?: {
          [key: string]: unknown;
        };
      };
    };
    PlanPage: {
      data: components["schemas"]["Plan"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    /**
     * @description What went wrong (RFC 9457).
     * @example {
     *       "type": "/problems/request.invalid",
     *       "title": "The request is not valid",
     *       "status": 400,
     *       "detail": "The lead is not valid: \"not an address\" is not an email address",
     *       "code": "request.invalid",
     *       "requestId": "01890a5d-ac96-774b-bcce-b302099a8057",
     *       "errors": [
     *         {
     *           "pointer": "/email",
     *           "code": "request.invalid",
     *           "message": "\"not an address\" is not an email address"
     *         }
     *       ]
     *     }
     */
    Problem: {
      type: string;
      title: string;
      status: number;
      /** @description What went wrong, which thing, and what to do next. */
      detail: string;
      /** @enum {string} */
      code:
        | "request.invalid"
        | "request.malformed"
        | "request.too_large"
        | "request.unsupported"
        | "request.conflict"
        | "plan.failed"
        | "plan.stale"
        | "write.withheld"
        | "request.mismatch"
        | "auth.missing"
        | "auth.wrong"
        | "auth.forbidden"
        | "rate.limited"
        | "not.found"
        | "mapping.invalid"
        | "rule.invalid"
        | "field.read_only"
        | "connector.unknown"
        | "credential.missing"
        | "credential.expired"
        | "organisation.changed"
        | "address.forbidden"
        | "vendor.rate_limited"
        | "vendor.budget_spent"
        | "vendor.unavailable"
        | "vendor.bad_answer"
        | "vendor.refused"
        | "vendor.unknown_outcome"
        | "store.unavailable"
        | "store.busy"
        | "store.newer"
        | "store.unsafe"
        | "store.full"
        | "key.wrong"
        | "config.invalid"
        | "start.failed"
        | "usage.wrong"
        | "lane.lost"
        | "winston.bug";
      requestId: string;
      errors: components["schemas"]["FieldProblem"][];
      retryAfterMs?: number;
    };
    Quarantine: {
      /** Format: uuid */
      connectionId: string;
      connection: string;
      /** Format: date-time */
      since: string;
      /** @description What tells that the database is older than what was done at the vendor. */
      reason: string;
      /** @description Whether a person is to say when writing starts; else it starts when all is read. */
      asks: boolean;
      /** @description Streams that have not been read to their end since. */
      unread: string[];
      /** @description Writes of which nobody knows yet what became of them. */
      unsettled: number;
      /** @description What it waits for, in words. */
      next: string;
    };
    /**
     * @example {
     *       "asks": true
     *     }
     */
    QuarantineInput: {
      /** @description Whether a person is to say when writing starts. */
      asks?: boolean;
    };
    QuarantineList: {
      data: components["schemas"]["Quarantine"][];
    };
    /** @example {} */
    QuarantineRelease: {
      force?: boolean;
    };
    Quiet: {
      /** @description Nothing is owed: no wake, no run, no first load, no intent that may go now. */
      quiet: boolean;
      running: number;
      owed: number;
      intents: number;
      parked: number;
      /** @description New records that wait until a person decides about a suspected duplicate. */
      held: number;
      /** @description Writes that wait because the rollout of their connection does not let them go yet. */
      staged: number;
    };
    Readiness: {
      /** @enum {string} */
      status: "ready" | "not ready";
      checks: {
        [key: string]: {
          ok: boolean;
          detail?: string;
        };
      };
    };
    Retried: {
      retried: number;
    };
    /**
     * @example {
     *       "connection": "acme"
     *     }
     */
    RetryParked: {
      connection?: string;
      stream?: string;
      subject?: string;
    };
    Run: {
      /** Format: uuid */
      id: string;
      /** Format: uuid */
      connectionId: string;
      connection: string;
      stream: string;
      lane: string;
      /** @enum {string} */
      state: "running" | "done" | "failed" | "stopped";
      trigger: string;
      /** Format: date-time */
      startedAt: string;
      endedAt: string | null;
      /** @description read: records the vendor showed; expected: how many it shows in all, where it tells; created, updated, deleted, linked: records of ours (pull) or of the vendor (push); requests: API calls. */
      counts: {
        read?: number;
        expected?: number;
        created?: number;
        updated?: number;
        unchanged?: number;
        deleted?: number;
        linked?: number;
        conflicts?: number;
        parked?: number;
        requests?: number;
      };
      error: {
        code: string;
        message: string;
      } | null;
      /** @description Parked by cause, with one example each; only when one run is asked for. */
      parked?: {
        reason: string;
        message: string;
        field: string | null;
        count: number;
        example: string;
      }[];
    };
    RunPage: {
      data: components["schemas"]["Run"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
    SchemaDrift: {
      /** Format: uuid */
      connectionId: string;
      connection: string;
      stream: string;
      /** @description The vendor's name of the field. */
      field: string;
      /**
       * @description gone: not shown any more; retyped: of another type; optionGone: a value of its list was removed or renamed; readOnly: not written any more; required: needed by now to make a record.
       * @enum {string}
       */
      cause: "gone" | "retyped" | "readOnly" | "required" | "optionGone";
      /** @description What happened, and what to do. */
      message: string;
      /** @description Whether the mapping rows that name it are paused: neither read nor written. */
      pauses: boolean;
      /** @description Winston's fields in those rows. */
      fields: string[];
      /** Format: date-time */
      noticedAt: string;
      /** @description When the fields of the stream were read last. */
      lookedAt: string | null;
    };
    SchemaDriftList: {
      data: components["schemas"]["SchemaDrift"][];
    };
    SchemaLook: {
      /** Format: uuid */
      connectionId: string;
      connection: string;
      stream: string;
      /** @description When the fields of the stream were read last. */
      lookedAt: string | null;
      /** @description Since when something smells of a change that was not looked at yet: it is, ten minutes after the last look. */
      suspectedAt: string | null;
    };
    SchemaLookList: {
      data: components["schemas"]["SchemaLook"][];
    };
    SchemaLooked: {
      /** Format: uuid */
      connectionId: string;
      connection: string;
      stream: string;
      /** @description When the fields of the stream were read last. */
      lookedAt: string | null;
      /** @description Since when something smells of a change that was not looked at yet: it is, ten minutes after the last look. */
      suspectedAt: string | null;
      /** @description Whether anything is other than before. */
      differs: boolean;
      /** @description Why the vendor says nothing of its fields, where it does not. */
      refusal: string | null;
    };
    SchemaLookedList: {
      data: components["schemas"]["SchemaLooked"][];
    };
    Stream: {
      id: number;
      /** Format: uuid */
      connectionId: string;
      key: string;
      kind: string;
      stage: string | null;
      /** @enum {string} */
      direction: "both" | "in" | "out";
      /**
       * @description realtime: writes at once. batch: writes with its schedule. hybrid: what is critical at once, the rest with the schedule.
       * @enum {string}
       */
      strategy: "realtime" | "batch" | "hybrid";
      /** @description The interval, or the longest that its cron expression leaves between two times. */
      everyMs: number;
      cron: string | null;
      zone: string | null;
      /** @description Of a hybrid stream: the condition on ours whose writes go at once. */
      critical: string | null;
      /**
       * @description auto: writes go by themselves. plan: nothing is written but what a plan says that somebody applied.
       * @enum {string}
       */
      approval: "auto" | "plan";
      /**
       * @description Which deletions travel: those here to the vendor (out), those there to Winston (in).
       * @enum {string}
       */
      deletes: "both" | "in" | "out" | "none";
      /** @description Records that changed last before this are not brought in, unless they are known already. */
      backfillSince: string | null;
      enabled: boolean;
      mappingVersion: number;
      /** @description Which records are synced: `in` is a condition on the record there, `out` one on ours before it is written. Null: all. */
      filter: {
        in: string | null;
        out: string | null;
      };
      /**
       * @description How it is, in a word, computed from proof of flow. ok: what should flow flowed lately; held: somebody paused or observes it and writes wait; waiting: the vendor's allowance is spent; late: older than its target; silent: nobody works on it; failing: its last finished run failed; stopped: its connection does not run.
       * @enum {string}
       */
      state: "off" | "ok" | "loading" | "held" | "waiting" | "late" | "silent" | "failing" | "stopped";
      /**
       * @description The same in words.
       * @example in step, read 10 s ago
       */
      health: string;
      /** @description Age of its last completed reading and of its oldest owed write, and how old they may get. */
      lag: {
        pullMs: number | null;
        writeMs: number | null;
        targetMs: number;
      };
      lanes: {
        lane: string;
        watermark: string | null;
        ranAt: string | null;
        owed: boolean;
      }[];
      counts: {
        linked: number;
        parked: number;
        waiting: number;
        /** @description New records that wait until a person decides about a suspected duplicate. */
        held: number;
        /** @description Writes that wait because the rollout of the connection does not let them go yet. */
        staged: number;
        /** @description Records that the filter leaves out: linked ones, and others that have a key to be known by, so that they are not made there twice. */
        outside: number;
      };
    };
    /**
     * @example {
     *       "filter": {
     *         "in": "source == \"Web\""
     *       }
     *     }
     * @example {
     *       "strategy": "hybrid",
     *       "critical": "amount.amount > 10000",
     *       "schedule": {
     *         "cron": "0 7 * * 1-5",
     *         "zone": "Europe/Berlin"
     *       }
     *     }
     */
    StreamChange: {
      enabled?: boolean;
      /** @enum {string} */
      direction?: "both" | "in" | "out";
      /** @description Which records are synced. Null takes a condition away. */
      filter?: {
        in?: string | null;
        out?: string | null;
      };
      /**
       * @description realtime: writes at once. batch: writes with its schedule. hybrid: what is critical at once, the rest with the schedule.
       * @enum {string}
       */
      strategy?: "realtime" | "batch" | "hybrid";
      /** @description Of a hybrid stream: the condition on ours whose writes go at once. */
      critical?: string | null;
      /** @description When it reads, and writes what does not go at once: an interval, or five-part cron with a zone (UTC where none is given). */
      schedule?:
        | {
            everyMs: number;
          }
        | {
            cron: string;
            zone?: string;
          };
      /**
       * @description auto: writes go by themselves. plan: nothing is written but what a plan says that somebody applied.
       * @enum {string}
       */
      approval?: "auto" | "plan";
      /**
       * @description Which deletions travel: those here to the vendor (out), those there to Winston (in).
       * @enum {string}
       */
      deletes?: "both" | "in" | "out" | "none";
      /** @description Records that changed last before this are not brought in, unless they are known already. */
      backfillSince?: string | null;
      /** @description How old its last reading and its oldest owed write may get, in milliseconds; null for three of its intervals, and at least 15 minutes. */
      lagTargetMs?: number | null;
    };
    StreamList: {
      data: components["schemas"]["Stream"][];
    };
    SyncStarted: {
      /** Format: date-time */
      since: string;
    };
    /**
     * @example {
     *       "run": "01890a5d-ac96-774b-bcce-b302099a8057"
     *     }
     */
    Undoing: {
      /**
       * Format: uuid
       * @description A run, or an applied plan.
       */
      run?: string;
      /** @description Winston's id of a thing, or `external:<your id>`. */
      record?: string;
      /** @description Only this field. Nothing is made or taken away then. */
      field?: string;
      /**
       * Format: date-time
       * @description All that was changed at or after this time.
       */
      since?: string;
    };
    User: {
      /**
       * Format: uuid
       * @description Winston's id.
       */
      id: string;
      /** @description The id it has in the system of whoever sent it; unique among its kind. */
      externalId: string | null;
      /** @description Name. */
      name: string | null;
      /** @description Email. */
      email: string | null;
      /** @description Active. */
      active: boolean | null;
      /** @description Fields that are not standard, by key. */
      customFields: {
        [key: string]: unknown;
      };
      /** @description Counts the changes, from 1. */
      version: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: date-time */
      updatedAt: string;
      deletedAt: string | null;
      /** @description Where it lives at vendors; only when one record is asked for. */
      links?: {
        connection: string;
        stream: string;
        recordId: string;
        state: string;
      }[];
    };
    /**
     * @example {
     *       "items": [
     *         {
     *           "userId": "U-2",
     *           "name": "Grace Hopper",
     *           "email": "grace@example.com",
     *           "active": true
     *         }
     *       ],
     *       "unknownKeys": "custom"
     *     }
     */
    UserBulkInput: {
      /** @description 1 to 2000 records. */
      items: components["schemas"]["UserInput"][];
      /**
       * @description `update` changes only what exists; a stranger then fails. upsert when absent.
       * @enum {string}
       */
      mode?: "upsert" | "update";
      /**
       * @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record.
       * @default custom
       * @enum {string}
       */
      unknownKeys: "custom" | "error";
      /**
       * @description The key of each item that holds your own id, where it is not called externalId.
       * @example Prospect ID
       */
      externalIdKey?: string;
      /** @description For each item an id made of its content, or null: by it an item without an id of yours is known again where nothing else names it for sure. The SDK sends it. */
      contentIds?: (string | null)[];
    };
    /**
     * @description Keys may also be written in snake_case. Values are read loosely and kept in one canonical form; null clears. A reference is a Winston id, your own id of the target, or {"externalId": "..."}, {"email": "..."} or {"name": "..."}.
     * @example {
     *       "userId": "U-2",
     *       "name": "Grace Hopper",
     *       "email": "grace@example.com",
     *       "active": true
     *     }
     */
    UserInput: {
      /** @description Your own id of it; "userId" says the same. */
      externalId?: string | number | null;
      /** @description Name. */
      name?: string | number | null;
      /** @description Email. */
      email?: string | number | null;
      /** @description Active. */
      active?: boolean | string | number | null;
      /** @description Fields that are not standard, by key. Unknown keys beside it are taken as such too. */
      customFields?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
    };
    UserPage: {
      data: components["schemas"]["User"][];
      /** @description Cursor of the next page; null on the last. */
      next: string | null;
    };
  };
  responses: {
    /** @description What went wrong. Codes: request.invalid, request.malformed, request.too_large, request.unsupported, request.conflict, plan.failed, plan.stale, write.withheld, request.mismatch, auth.missing, auth.wrong, auth.forbidden, rate.limited, not.found, mapping.invalid, rule.invalid, field.read_only, connector.unknown, credential.missing, credential.expired, organisation.changed, address.forbidden, vendor.rate_limited, vendor.budget_spent, vendor.unavailable, vendor.bad_answer, vendor.refused, vendor.unknown_outcome, store.unavailable, store.busy, store.newer, store.unsafe, store.full, key.wrong, config.invalid, start.failed, usage.wrong, lane.lost, winston.bug. */
    Problem: {
      headers: {
        /** @description Names this request in the log. */
        "x-request-id"?: string;
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
  };
  parameters: {
    /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
    IdempotencyKey: string;
  };
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listLeads: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of leads, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["LeadPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createLead: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LeadInput"];
      };
    };
    responses: {
      /** @description The lead as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      /** @description The lead that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkLeads: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LeadBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getLead: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The lead as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertLead: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LeadInput"];
      };
    };
    responses: {
      /** @description The lead as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      /** @description The lead that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteLead: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateLead: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LeadInput"];
      };
    };
    responses: {
      /** @description The lead as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getLeadHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyLead: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getLeadOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkLead: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the lead, or `external:<your id>` (percent-encoded).
         * @example external:L-1001
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a lead of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Lead"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listContacts: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of contacts, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ContactPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContactInput"];
      };
    };
    responses: {
      /** @description The contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      /** @description The contact that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkContacts: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContactBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getContact: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContactInput"];
      };
    };
    responses: {
      /** @description The contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      /** @description The contact that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteContact: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContactInput"];
      };
    };
    responses: {
      /** @description The contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getContactHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyContact: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getContactOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkContact: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the contact, or `external:<your id>` (percent-encoded).
         * @example external:C-17
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a contact of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Contact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listAccounts: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of accounts, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AccountPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createAccount: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AccountInput"];
      };
    };
    responses: {
      /** @description The account as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      /** @description The account that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkAccounts: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AccountBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getAccount: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The account as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertAccount: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AccountInput"];
      };
    };
    responses: {
      /** @description The account as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      /** @description The account that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteAccount: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateAccount: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AccountInput"];
      };
    };
    responses: {
      /** @description The account as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getAccountHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyAccount: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getAccountOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkAccount: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the account, or `external:<your id>` (percent-encoded).
         * @example external:A-3
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: an account of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Account"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listDeals: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of deals, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createDeal: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealInput"];
      };
    };
    responses: {
      /** @description The deal as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      /** @description The deal that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkDeals: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDeal: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The deal as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertDeal: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealInput"];
      };
    };
    responses: {
      /** @description The deal as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      /** @description The deal that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteDeal: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateDeal: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealInput"];
      };
    };
    responses: {
      /** @description The deal as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDealHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyDeal: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDealOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkDeal: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the deal, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a deal of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Deal"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listDealContacts: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of deal-contacts, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContactPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createDealContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealContactInput"];
      };
    };
    responses: {
      /** @description The deal contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      /** @description The deal contact that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkDealContacts: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealContactBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDealContact: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The deal contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertDealContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealContactInput"];
      };
    };
    responses: {
      /** @description The deal contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      /** @description The deal contact that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteDealContact: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateDealContact: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DealContactInput"];
      };
    };
    responses: {
      /** @description The deal contact as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDealContactHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyDealContact: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDealContactOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkDealContact: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the deal contact, or `external:<your id>` (percent-encoded).
         * @example external:D-9
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a deal contact of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DealContact"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listCampaigns: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of campaigns, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["CampaignPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createCampaign: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CampaignInput"];
      };
    };
    responses: {
      /** @description The campaign as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      /** @description The campaign that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkCampaigns: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CampaignBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getCampaign: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The campaign as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertCampaign: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CampaignInput"];
      };
    };
    responses: {
      /** @description The campaign as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      /** @description The campaign that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteCampaign: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateCampaign: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CampaignInput"];
      };
    };
    responses: {
      /** @description The campaign as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getCampaignHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyCampaign: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getCampaignOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkCampaign: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the campaign, or `external:<your id>` (percent-encoded).
         * @example external:K-1
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a campaign of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Campaign"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listActivities: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of activities, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ActivityPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createActivity: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ActivityInput"];
      };
    };
    responses: {
      /** @description The activity as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      /** @description The activity that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkActivities: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ActivityBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getActivity: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The activity as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertActivity: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ActivityInput"];
      };
    };
    responses: {
      /** @description The activity as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      /** @description The activity that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteActivity: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateActivity: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ActivityInput"];
      };
    };
    responses: {
      /** @description The activity as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getActivityHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyActivity: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getActivityOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkActivity: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the activity, or `external:<your id>` (percent-encoded).
         * @example external:T-5
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: an activity of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Activity"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listUsers: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
        /** @description Only those with this email address. */
        email?: string;
        /** @description Only the one with this id of yours. */
        externalId?: string;
        /** @description Only those changed at or after this time. */
        updatedSince?: string;
        /** @description Whether deleted ones are listed too; false when absent. */
        includeDeleted?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of users, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["UserPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createUser: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["UserInput"];
      };
    };
    responses: {
      /** @description The user as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The user that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  bulkUsers: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["UserBulkInput"];
      };
    };
    responses: {
      /** @description What became of each item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BulkAnswer"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getUser: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The user as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  upsertUser: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["UserInput"];
      };
    };
    responses: {
      /** @description The user as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The user that was made. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteUser: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateUser: {
    parameters: {
      query?: {
        /** @description What becomes of keys that are no field: `custom` makes custom fields of them, `error` refuses the record. */
        unknownKeys?: "custom" | "error";
      };
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["UserInput"];
      };
    };
    responses: {
      /** @description The user as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getUserHistory: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its versions, newest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["History"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  whyUser: {
    parameters: {
      query?: {
        /** @description Only this field. */
        field?: string;
        /** @description As it was at this time. */
        asOf?: string;
      };
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Explanation"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getUserOrigin: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Its fields that have a value or were cleared, by name. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Origins"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  unlinkUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description Winston's id of the user, or `external:<your id>` (percent-encoded).
         * @example external:U-2
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description The connection's id or its name.
           * @example acme
           */
          connection: string;
        };
      };
    };
    responses: {
      /** @description What the record is now: a user of its own. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listConnections: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of them. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConnectionList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createConnection: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConnectionInput"];
      };
    };
    responses: {
      /** @description The connection. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Connection"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getConnection: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The connection. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Connection"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteConnection: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is removed. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  updateConnection: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConnectionChange"];
      };
    };
    responses: {
      /** @description The connection as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Connection"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  syncConnection: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @description Only this stream, by its key. */
          stream?: string;
          /** @description Read everything again, not only what changed. */
          full?: boolean;
        } | null;
      };
    };
    responses: {
      /** @description It was woken; runs that started at or after `since` are its work. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SyncStarted"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getConnectionQuiet: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What is left. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Quiet"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getQuiet: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What is left. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Quiet"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listConnectors: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The connectors. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConnectorList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listStreams: {
    parameters: {
      query?: {
        /** @description Only those of this connection, by id or name. */
        connection?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The streams. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StreamList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  updateStream: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["StreamChange"];
      };
    };
    responses: {
      /** @description The stream as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Stream"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getMapping: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The document, its version, and what cannot be written and why. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Mapping"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  putMapping: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MappingDocument"];
      };
    };
    responses: {
      /** @description The new version. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingPut"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  checkMapping: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MappingDocument"];
      };
    };
    responses: {
      /** @description What was found. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingCheck"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  exportConfig: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The document. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConfigExport"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  planConfig: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConfigInput"];
      };
    };
    responses: {
      /** @description The changes. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConfigPlan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  applyConfig: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConfigApply"];
      };
    };
    responses: {
      /** @description What was changed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConfigPlan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listRuns: {
    parameters: {
      query?: {
        /** @description Only those of this connection, by id or name. */
        connection?: string;
        state?: "running" | "done" | "failed" | "stopped";
        /** @description Only those that started at or after this time. */
        since?: string;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of runs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RunPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getRun: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The run. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Run"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listParked: {
    parameters: {
      query?: {
        /** @description Only those of this connection, by id or name. */
        connection?: string;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of parked records. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ParkedPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  retryParked: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["RetryParked"] | null;
      };
    };
    responses: {
      /** @description How many are tried again. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Retried"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listComparisons: {
    parameters: {
      query?: {
        /** @description Only streams of this connection, by id or name. */
        connection?: string;
        /** @description Only streams of this key, such as lead. */
        stream?: string;
        /** @description Of each stream only the newest that has begun. */
        last?: boolean;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of comparisons. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ComparisonPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  startComparisons: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["CompareInput"] | null;
      };
    };
    responses: {
      /** @description The comparisons, which run now. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ComparisonList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getComparison: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The comparison. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Comparison"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listDifferences: {
    parameters: {
      query?: {
        /** @description Only streams of this connection, by id or name. */
        connection?: string;
        /** @description Only streams of this key, such as lead. */
        stream?: string;
        /** @description Only those of this cause. */
        cause?:
          | "moving"
          | "missed.read"
          | "missed.silent"
          | "missed.end"
          | "gone"
          | "read.parked"
          | "write.parked"
          | "write.waiting"
          | "write.held"
          | "write.forgotten"
          | "never.made"
          | "reference.waits"
          | "question"
          | "hidden";
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of differences. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DifferencePage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listConflicts: {
    parameters: {
      query?: {
        /** @description Only those of this record, by Winston's id. */
        entityId?: string;
        /** @description Only those that wait for a person. */
        open?: boolean;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of conflicts. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConflictPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getConflict: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The conflict. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Conflict"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  takeConflict: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["ConflictTaking"] | null;
      };
    };
    responses: {
      /** @description The conflict as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Conflict"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  takeConflicts: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConflictsTaking"];
      };
    };
    responses: {
      /** @description What became of each. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConflictsTaken"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listDuplicates: {
    parameters: {
      query?: {
        /** @description Those nobody has decided yet when absent. */
        state?: "open" | "same" | "different";
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of pairs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DuplicatePage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getDuplicate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The pair, whatever was decided. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Duplicate"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  decideDuplicate: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DuplicateDecision"];
      };
    };
    responses: {
      /** @description The pair as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Duplicate"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  mergeDuplicate: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DuplicateMergeInput"];
      };
    };
    responses: {
      /** @description The pair as it is now, and what was merged where. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DuplicateMerge"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listPlans: {
    parameters: {
      query?: {
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of plans. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PlanPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createPlan: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["PlanInput"];
      };
    };
    responses: {
      /** @description The plan, being computed. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Plan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  planUndo: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Undoing"];
      };
    };
    responses: {
      /** @description The plan, being computed. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Plan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getPlan: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The plan. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Plan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listPlanChanges: {
    parameters: {
      query?: {
        class?: "write" | "here" | "link" | "duplicate" | "conflict" | "reject" | "leave";
        state?: "open" | "done" | "skipped" | "excluded";
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of lines. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PlanChangePage"];
          "application/x-ndjson": components["schemas"]["PlanChange"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  applyPlan: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["PlanApplication"];
      };
    };
    responses: {
      /** @description The plan as it would be applied (`dryRun`). */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Plan"];
        };
      };
      /** @description The plan, being applied. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Plan"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listBrakes: {
    parameters: {
      query?: {
        /** @description Only those that wait for a person. */
        on?: boolean;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of brakes. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BrakePage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getBrake: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The brake. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Brake"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  releaseBrake: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The brake as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Brake"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  restoreBrake: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The brake as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Brake"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listFrozen: {
    parameters: {
      query?: {
        /** @description Only those that are frozen now. */
        on?: boolean;
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of them. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FrozenPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getFrozen: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The frozen field. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FrozenField"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  releaseFrozen: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The field, released. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FrozenField"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listSchemaLooks: {
    parameters: {
      query?: {
        /** @description Only those of this connection, by id or name. */
        connection?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Stream by stream. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SchemaLookList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  lookAtSchema: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": {
          /** @description Only those of this connection, by id or name. */
          connection?: string;
        } | null;
      };
    };
    responses: {
      /** @description What was seen. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SchemaLookedList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listSchemaDrifts: {
    parameters: {
      query?: {
        /** @description Only those of this connection, by id or name. */
        connection?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What drifted. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SchemaDriftList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listMappingVersions: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The versions, without their rows. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingVersionList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getMappingVersion: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
        version: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The version, whole. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingVersionWhole"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getFieldMappings: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The JSON, and what it cannot say. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FieldMappings"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  testMapping: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /**
           * @description Its id at the vendor, or Winston's id of what it is.
           * @example 00Q5e00001abcdEAA
           */
          record: string;
          /** @description A mapping document, or the specification's field_mappings; the mapping in force where none is given. */
          mapping?: {
            [key: string]: unknown;
          };
        };
      };
    };
    responses: {
      /** @description Each row of the mapping, tried. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingTest"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  backTestMapping: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /** @description A mapping document, or the specification's field_mappings; the mapping in force where none is given. */
          mapping?: {
            [key: string]: unknown;
          };
          /**
           * @description How many of the last ones are tried.
           * @default 500
           */
          records?: number;
          /**
           * @description How many examples of each row and verdict.
           * @default 3
           */
          examples?: number;
        };
      };
    };
    responses: {
      /** @description Counts and examples per row. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["BackTest"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listStreamFields: {
    parameters: {
      query?: {
        /** @description How many values of each field. */
        samples?: number;
      };
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The vendor's fields and Winston's. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FieldSurvey"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  suggestMapping: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The pairs, and the mapping with them. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MappingSuggestions"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listAlerts: {
    parameters: {
      query?: {
        /** @description Those that are not over (open and acknowledged) when absent. */
        state?: "open" | "acknowledged" | "resolved" | "all";
        /** @description How many on a page, 1 to 500. */
        limit?: number;
        /** @description Where to go on: `next` of the page before. Opaque. */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of alerts. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AlertPage"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getAlert: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The alert. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Alert"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  acknowledgeAlert: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The alert as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Alert"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listAlertChannels: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of them. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AlertChannelList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createAlertChannel: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AlertChannelInput"];
      };
    };
    responses: {
      /** @description The channel; and the secret of a webhook where Winston made it. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["NewAlertChannel"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  testAlertChannel: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Whether it was taken, and else why not. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AlertChannelTest"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteAlertChannel: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is removed. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  listQuarantines: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Those; none while all is well. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["QuarantineList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  beginQuarantines: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["QuarantineInput"];
      };
    };
    responses: {
      /** @description The connections that are only read now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["QuarantineList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  releaseQuarantine: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path: {
        /**
         * @description The connection's id or its name.
         * @example acme
         */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["QuarantineRelease"];
      };
    };
    responses: {
      /** @description What is still only read. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["QuarantineList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listKeys: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All of them, without their tokens. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["KeyList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createKey: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["KeyInput"];
      };
    };
    responses: {
      /** @description The key and its token. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["NewKey"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  revokeKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is revoked. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      default: components["responses"]["Problem"];
    };
  };
  getHealth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It does. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Health"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getReadiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It can. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
      /** @description It cannot, and which check says so. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getFlow: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It does. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
      /** @description A stream is late, silent, failing or stopped. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Flow"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getOpenApi: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OpenAPI 3.1. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            [key: string]: unknown;
          };
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  listFields: {
    parameters: {
      query?: {
        kind?: "person" | "account" | "deal" | "campaign" | "deal-contact" | "activity" | "user";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The fields. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["FieldList"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  createField: {
    parameters: {
      query?: never;
      header?: {
        /** @description Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422. */
        "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["FieldInput"];
      };
    };
    responses: {
      /** @description The field. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Field"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
}
