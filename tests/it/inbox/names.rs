//! What a listing is called, for those who cannot look: never what nobody has let pass.

use super::*;

impl Town {
    /// The sentences that somebody reads in an inbox, the newest first.
    async fn sentences(&self, reader: &Client, path: &str) -> Vec<String> {
        reader.get(path).await.expect(200).each("/sentence")
    }
}

#[actix_web::test]
async fn nobody_reads_what_a_hidden_listing_says_now() {
    let town = Town::new().await;
    let (bank, mair) = (&town.bank, town.app.staff(town.marys.network, "Mair", "coordinator").await);
    let asked = json!({"group_id": bank.id, "message": ""});
    let interest = bank.owner.post(format!("/v1/listings/{}/interests", town.chairs), asked).await.expect(201).str("/id");
    let about = |notice| Notice { listing: Some(town.chairs), other_group: Some(town.marys.id), ..notice };
    let of_interest = Notice { interest: interest.parse().ok(), ..Notice::to_group(bank.id, Topic::InterestDeclined) };
    let told = [Notice::to_group(bank.id, Topic::ListingsMatched), of_interest, to_person(mair.id, Topic::QueueLate)];
    town.tell(told.map(about).into()).await;
    let inbox = format!("/v1/groups/{}/inbox", bank.id);
    let (interest, threads) = (format!("/v1/interests/{interest}"), format!("/v1/groups/{}/threads", bank.id));
    let fits = |title: &str| format!("St Mary's has \"{title}\", which you want.");
    let came_to_nothing = |title: &str| format!("Your interest in {title} came to nothing: it is not available.");
    let before = town.sentences(&bank.owner, &inbox).await;
    assert_eq!(before, [came_to_nothing("\"Forty folding chairs\""), fits("Forty folding chairs")]);

    town.app.sql("update listings set moderation = 'rejected'").await;
    let said = json!({"title": "Ring Joan Smith on 07700 900123"});
    town.marys.owner.patch(format!("/v1/listings/{}", town.chairs), "*", said).await.expect(200);
    let hidden = "What St Mary's had posted fitted what you have posted. It cannot be found any more.";
    assert_eq!(town.sentences(&bank.owner, &inbox).await, [came_to_nothing("a listing"), hidden.to_owned()]);
    assert_eq!(bank.owner.get(&interest).await.expect(200).body["listing"]["title"], Value::Null);
    assert_eq!(bank.owner.get(&threads).await.expect(200).each("/listing/title"), ["null"]);
    // Its own group and its network's staff can look.
    assert!(town.sentences(&town.marys.owner, &town.at("inbox")).await[0].contains("Joan"));
    assert!(town.sentences(&mair, "/v1/users/me/inbox").await[0].contains("Joan"));
    let own = town.marys.owner.get(town.at("threads")).await.expect(200);
    assert_eq!(own.each("/listing/title"), ["Ring Joan Smith on 07700 900123"]);

    // What was taken back is named to those who had to do with it.
    town.app.sql("update listings set moderation = 'approved', state = 'withdrawn', title = 'Thirty chairs'").await;
    assert_eq!(town.sentences(&bank.owner, &inbox).await, [came_to_nothing("\"Thirty chairs\""), hidden.to_owned()]);
    assert_eq!(bank.owner.get(&interest).await.expect(200).body["listing"]["title"], "Thirty chairs");
    assert_eq!(bank.owner.get(&threads).await.expect(200).each("/listing/title"), ["Thirty chairs"]);
}
