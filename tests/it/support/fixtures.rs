//! People, networks and groups that tests start with, written straight to the database: the ways of making them over HTTP
//! have tests of their own.

use diesel_async::SimpleAsyncConnection;
use gotit::types::ids::{GroupId, NetworkId, SessionId, UserId};

use super::{Client, TestApp};

/// A person who is signed in.
#[derive(Clone)]
pub struct Person {
    pub id: UserId,
    session: SessionId,
    pub client: Client,
}

/// A group with its owner.
#[derive(Clone)]
pub struct Group {
    pub id: GroupId,
    pub network: NetworkId,
    pub owner: Person,
}

impl std::ops::Deref for Person {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestApp {
    /// Runs statements as they are, as the owner of the tables and not as the role that the program works as.
    pub async fn sql(&self, statements: &str) {
        let statements = &format!("reset role; {statements}\n; set role {}", gotit::db::PROGRAM_ROLE);
        self.conn().await.batch_execute(statements).await.unwrap_or_else(|error| panic!("{error}: {statements}"));
    }

    /// A person with an account and a session. The address is the name at example.org.
    pub async fn person(&self, name: &str) -> Person {
        let (id, session) = (UserId::new(), SessionId::new());
        self.sql(&format!(
            "insert into users (id, email, name, password_hash, password_changed_at, created_at, updated_at)
               values ('{id}', '{}@example.org', '{name}', '$argon2id$none', now(), now(), now());
             insert into sessions (id, user_id, created_at, last_used_at, expires_at)
               values ('{session}', '{id}', now(), now(), now() + interval '400 days')",
            name.to_lowercase()
        ))
        .await;
        let token = self.state.tokens.sign(id, session, self.now()).expect("a token");
        Person { id, session, client: Client::new(self.address, Some(token)) }
    }

    /// The same person with a new access token, for when the clock has moved on.
    pub fn back_again(&self, person: &Person) -> Person {
        let token = self.state.tokens.sign(person.id, person.session, self.now()).expect("a token");
        Person { client: Client::new(self.address, Some(token)), ..person.clone() }
    }

    /// A network that covers Stoke-on-Trent.
    pub async fn network(&self, slug: &str) -> NetworkId {
        let id = NetworkId::new();
        self.sql(&format!(
            "insert into networks (id, slug, name, description, rules, locality_code, created_at, updated_at)
             select '{id}', '{slug}', 'Network of {slug}', 'For everybody', 'Be kind.', code, now(), now() from localities where slug = 'stoke-on-trent'"
        ))
        .await;
        id
    }

    /// A person who works for a network, as `coordinator` or `broker`.
    pub async fn staff(&self, network: NetworkId, name: &str, role: &str) -> Person {
        let person = self.person(name).await;
        self.sql(&format!(
            "insert into network_staff (network_id, user_id, role, created_at) values ('{network}', '{}', '{role}', now())",
            person.id
        ))
        .await;
        person
    }

    /// An approved group in Hanley, with its owner.
    pub async fn group(&self, network: NetworkId, name: &str) -> Group {
        self.group_at(network, name, "hanley-stoke-on-trent").await
    }

    /// An approved group somewhere, with its owner, whose name is the group's and "owner".
    pub async fn group_at(&self, network: NetworkId, name: &str, locality: &str) -> Group {
        let (id, owner) = (GroupId::new(), self.person(&format!("{}-owner", name.replace([' ', '\''], "-"))).await);
        let quoted = name.replace('\'', "''");
        self.sql(&format!(
            "insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
               select '{id}', '{quoted}', '', code, lat, lng, lower('{quoted}'), now(), now() from localities where slug = '{locality}';
             insert into memberships (group_id, user_id, role, created_at) values ('{id}', '{}', 'owner', now())",
            owner.id
        ))
        .await;
        self.let_in(network, id).await;
        Group { id, network, owner }
    }

    /// Lets a group into a network whose ground rules it has accepted; the group may be in another one already.
    pub async fn let_in(&self, network: NetworkId, group: GroupId) {
        self.sql(&format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{network}', '{group}', 'approved', now(), now());
             insert into ground_rules_acceptances (network_id, group_id, version, accepted_at)
               select '{network}', '{group}', rules_version, now() from networks where id = '{network}'"
        ))
        .await;
    }

    /// A person with a role (`owner`, `editor`, `viewer`) in a group.
    pub async fn member(&self, group: &Group, name: &str, role: &str) -> Person {
        let person = self.person(name).await;
        self.sql(&format!(
            "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', '{role}', now())",
            group.id, person.id
        ))
        .await;
        person
    }
}
