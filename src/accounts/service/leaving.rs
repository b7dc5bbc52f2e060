//! Deleting an account. What the person did for groups stays, without the person.

use secrecy::SecretString;

use super::{account_gone, check_own_password};
use crate::{
    accounts::queries,
    app::App,
    audit::{self, Act},
    complaints,
    db::transaction,
    error::{Code, Error, Result},
    groups,
    http::{SignedIn, limits::forget_tries},
    inbox, networks, threads,
};

/// Deletes the person's account, when the password is right. 409 while a group or a network would be left without anybody to run it.
/// Audit entries keep the id of the person, which then leads nowhere.
pub async fn delete_account(app: &App, address: &str, signed_in: SignedIn, password: SecretString) -> Result<()> {
    let (user, now) = (signed_in.user_id, app.clock.now());
    let known = check_own_password(app, address, user, password, "/password").await?;
    transaction(&mut *app.db.conn().await?, async |tx| {
        let person = queries::lock_user(tx, user).await?.ok_or_else(account_gone)?;
        if !queries::hold_credentials(tx, &known).await? {
            return Err(Error::problem(Code::Conflict, "Your password was changed at the same moment. Try again with the new one."));
        }
        let mut notices = networks::service::leave_all_staff(tx, (user, now)).await?;
        notices.extend(groups::service::closing::leave_all(tx, (user, now), &person.email).await?);
        threads::service::contacts::erase_of_person(tx, now, user).await?;
        complaints::service::forget_address_of(tx, user).await?;
        forget_tries(tx, ("change_password", &user.to_string())).await?;
        audit::record(tx, now, Act::of(user, "delete_account", "user", user)).await?;
        queries::delete_user(tx, user).await?;
        inbox::tell(tx, now, notices).await
    })
    .await
}
